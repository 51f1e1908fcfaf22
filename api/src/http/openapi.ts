import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { CSRF_HEADER, SESSION_COOKIE } from '../auth/guard.ts';
import { version } from '../version.ts';

const ABOUT = `能耗感知网络的接口。时间为 RFC 3339（+08:00），能耗为数字并带单位；没有数据时为 null，绝不为 0。
错误为 problem+json，标题随 Accept-Language（zh 默认，en）。

Interface of the energy sensing network. Times are RFC 3339 (+08:00), energy is a number with its unit; where nothing is
known it is null, never 0. Errors are problem+json; titles follow Accept-Language (zh by default, en).`;

/** OpenAPI 3.1 of the routes below /api/v1 at `/openapi.json`. Must come before the routes. */
export async function installOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ganzhi 感知', version, description: ABOUT },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description: `Writes also need the header ${CSRF_HEADER}.`,
          },
        },
      },
      security: [{ bearer: [] }, { cookie: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  app.get('/openapi.json', async () => app.swagger());
  // The viewer sets styles inline; its exemption holds below /docs only. Its files come from npm, nothing from outside.
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    uiConfig: { validatorUrl: null, persistAuthorization: false },
  });
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** The generator lists each named shape twice, as input and as output; only what a route refers to is of use. */
function withoutUnused(document: Document): Document {
  const text = JSON.stringify(document);
  const components = 'openapi' in document ? document.components : undefined;
  for (const name of Object.keys(components?.schemas ?? {})) {
    if (!text.includes(`"#/components/schemas/${name}"`)) delete components?.schemas?.[name];
  }
  return document;
}
