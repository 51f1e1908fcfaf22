import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { z } from 'zod';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const Service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  restart: z.string(),
  init: z.boolean().optional(),
  stop_grace_period: z.string(),
});
export type Service = z.infer<typeof Service>;

const ComposeFile = z.looseObject({
  services: z.record(z.string(), Service),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
});
export type ComposeFile = z.infer<typeof ComposeFile>;

/** The Compose file with its anchors resolved, unchecked. */
export const readCompose = (): unknown =>
  parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });

export const composeFile = (): ComposeFile => ComposeFile.parse(readCompose());

/** What the Compose specification's own schema (the copy that dclint brings) says against a file; empty when it is valid. */
export function specificationErrors(file: unknown): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const schema = JSON.parse(readFileSync(join(folder, 'schemas/compose.schema.json'), 'utf8'));
  // The schema names formats ("duration") that plain JSON schema does not know.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, validateSchema: false });
  const { $schema: _, ...rest } = schema;
  const valid = ajv.compile(rest);
  return valid(file) ? [] : (valid.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** What our own rules say against a file. A service that runs once (`restart: "no"`) has an exit code for its health. */
export function ruleViolations({ services, secrets, networks }: ComposeFile): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const once = service.restart === 'no';
    const environment = Object.entries(service.environment);
    const problems = [
      !once && !service.healthcheck && 'has no health check',
      !/:[^:/]*\d[^:/]*$/.test(service.image) && `does not pin its image (${service.image})`,
      (!service.user || /^(root|0)(:|$)/.test(service.user)) && 'runs as root',
      service.init !== true && 'has no init process',
      ...service.ports.map((port) => !port.startsWith('127.0.0.1:') && `publishes ${port} beyond loopback`),
      ...environment.map(
        ([key, value]) =>
          /PASSWORD|SECRET|TOKEN|DATABASE_URL/.test(key) &&
          !(/_FILE$/.test(key) && String(value).startsWith('/run/secrets/')) &&
          `has a secret in ${key}`,
      ),
      ...environment.map(([, value]) => {
        const secret = /^\/run\/secrets\/(.+)$/.exec(String(value))?.[1];
        return secret && !service.secrets.includes(secret) && `reads ${secret}, which it is not given`;
      }),
      ...service.secrets.map((secret) => !(secret in secrets) && `wants the unknown secret ${secret}`),
      ...service.networks.map((network) => !(network in networks) && `wants the unknown network ${network}`),
      ...Object.entries(service.depends_on).map(([other, { condition }]) => {
        const target = services[other];
        if (!target) return `waits for the unknown service ${other}`;
        const wanted = target.restart === 'no' ? 'service_completed_successfully' : 'service_healthy';
        return condition !== wanted && `waits for ${other} with ${condition} instead of ${wanted}`;
      }),
    ];
    return problems.filter((problem) => typeof problem === 'string').map((problem) => `${name} ${problem}`);
  });
}
