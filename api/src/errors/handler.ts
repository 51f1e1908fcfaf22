import { GanzhiError } from '@ganzhi/schemas';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { languageOf } from './language.ts';
import { codeOf, detailOf, type Problem, problem } from './problem.ts';
import { Refusal } from './refuse.ts';
import { fieldErrors } from './validation.ts';

const DATABASE_RETRY_S = 5;

/** What the router refuses before there is a route: an address that cannot be decoded or is too long. */
export const answerFrameworkError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
  const code = codeOf(error);
  // Its message repeats the address, which may be anything.
  void sendProblem(reply, problem(code === 'internal' ? 'invalid-request' : code, whereOf(request)));
};

/** The one place where an error becomes an answer, and the only one that logs it. */
export function installErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const code = codeOf(error);
    if (code === 'internal' || code === 'unavailable') {
      request.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed');
    }
    if (code === 'unavailable') reply.header('retry-after', DATABASE_RETRY_S);
    if (error instanceof Refusal && error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS);
    return sendProblem(reply, describe(error, request));
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, problem('not-found', whereOf(request))));
}

function describe(error: FastifyError, request: FastifyRequest): Problem {
  const where = whereOf(request);
  const code = codeOf(error);
  if (error instanceof GanzhiError) {
    return problem(code, where, { detail: detailOf(error, where.language), fields: error.fields });
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = error.validationContext === 'querystring' ? request.query : inputOf(request, error.validationContext);
    return problem(code, where, { fields: fieldErrors(error.validation, part, where.language) });
  }
  // The framework's own 4xx messages name the fault in the request; a 5xx message may name our insides.
  return problem(code, where, code === 'invalid-request' ? { detail: error.message } : {});
}

const inputOf = (request: FastifyRequest, context: string | undefined): unknown =>
  context === 'params' ? request.params : context === 'headers' ? request.headers : request.body;

const whereOf = (request: FastifyRequest) => ({
  language: languageOf(request.headers['accept-language']),
  instance: request.url.split('?')[0] ?? '/',
  requestId: request.id,
});

/** Serialised here: the document must look the same on routes whose schema does not list this status. */
function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply
    .code(body.status)
    .type('application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}
