import { randomUUID } from 'node:crypto';
import { type BatchAck, GanzhiError, MAX_MESSAGE_BYTES, SECOND } from '@ganzhi/schemas';
import { listen } from '@ganzhi/schemas/health';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { authenticateToken, type GatewayLookup, isFirstUse, type Pass } from '../../broker/authenticate.ts';
import { type Decoder, decode, isDecoded } from '../../pipeline/decode.ts';
import type { Delivery } from '../../pipeline/pipeline.ts';
import type { GatewayEntry } from '../../registry/load.ts';
import { plainBody } from './body.ts';
import { credentialsOf } from './credentials.ts';
import { ENROLMENTS_PATH } from './enrolments.ts';
import { Places } from './places.ts';
import { faultOf, problem } from './problem.ts';

export const READINGS_PATH = '/api/v1/ingest/readings';

export interface HttpDoorOptions {
  host: string;
  /** 0: a free port. */
  port: number;
  registry: GatewayLookup;
  accept: (delivery: Delivery) => Promise<BatchAck | undefined>;
  /** A credential was used for the first time. */
  firstUse: (pass: Pass) => void;
  /** More routes of this door. */
  routes: (app: FastifyInstance) => void;
  log: Logger;
  /** Longest wait for the commit before the client is told to send again; the message stays on its way. */
  holdMs?: number;
}

export interface HttpDoor {
  port: number;
  /** No new requests from now on; those that are there are answered. */
  stopListening(): void;
  /** Ends what is left after a moment. */
  stop(): Promise<void>;
}

const HOLD_MS = 10 * SECOND;
const RETRY_AFTER_S = 5;
/** Time to send a whole request: a peer that trickles bytes is cut off. */
const REQUEST_MS = 30 * SECOND;
const HEADERS_MS = 10 * SECOND;
const LAST_ANSWERS_MS = 500;
const MAX_CONNECTIONS = 4_096;

/**
 * `POST /api/v1/ingest/readings`: the HTTP twin of `up/telemetry` (one native batch a request), on a listener of its own so
 * that it can face the gateways' network while health and metrics do not. Answered 200 with a BatchAck after the commit.
 *
 * @throws GanzhiError `port-taken` or `no-permission`
 */
export async function startHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const app = Fastify({
    bodyLimit: MAX_MESSAGE_BYTES,
    requestTimeout: REQUEST_MS,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    http: { headersTimeout: HEADERS_MS },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  answerProblems(app, options.log);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const callers = new WeakMap<FastifyRequest, Caller>();
  const places = new Places();

  app.post(
    READINGS_PATH,
    {
      // before the body is read: a stranger's bytes are not worth memory
      onRequest: async (request, reply) => {
        const gateway = await gatewayOf(request, options);
        const gone = new AbortController();
        const leave = places.take(gateway.id);
        reply.raw.once('close', () => {
          leave();
          gone.abort(new Error('connection closed'));
        });
        callers.set(request, { gateway, gone: gone.signal });
      },
    },
    async (request) => {
      const caller = callers.get(request);
      if (!caller) throw new GanzhiError('not-authenticated', 'No gateway.');
      return store(request, caller, options);
    },
  );

  options.routes(app);
  await app.ready();
  const port = await listen(app.server, { host: options.host, port: options.port });
  let closed: Promise<unknown> | undefined;
  const stopListening = (): void => {
    closed ??= app.close();
  };
  return {
    port,
    stopListening,
    stop: async () => {
      stopListening();
      const hammer = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS);
      await closed;
      clearTimeout(hammer);
    },
  };
}

interface Caller {
  gateway: GatewayEntry;
  /** Aborted when the client has left. */
  gone: AbortSignal;
}

async function gatewayOf(
  request: FastifyRequest,
  { registry, firstUse }: Pick<HttpDoorOptions, 'registry' | 'firstUse'>,
): Promise<GatewayEntry> {
  const credentials = credentialsOf(request.headers.authorization);
  if (!credentials) {
    throw new GanzhiError(
      'not-authenticated',
      'Authorization: Basic with code and token of the gateway, or Bearer token.',
    );
  }
  const pass = await authenticateToken(registry, credentials.code, credentials.token);
  if (!pass) throw new GanzhiError('wrong-credentials', 'No enabled gateway has this token.');
  if (isFirstUse(pass)) firstUse(pass);
  return pass.gateway;
}

async function store(request: FastifyRequest, caller: Caller, options: HttpDoorOptions): Promise<BatchAck> {
  if (!Buffer.isBuffer(request.body)) throw new GanzhiError('invalid-request', 'Content-Type: application/json.');
  const payload = await plainBody(request.body, request.headers['content-encoding']);
  const reader = readerFor(request.headers['idempotency-key']);
  const patience = AbortSignal.timeout(options.holdMs ?? HOLD_MS);
  const sender = AbortSignal.any([caller.gone, patience]);
  const ack = await options
    .accept({ gateway: caller.gateway, payload, sender, source: 'http', decoder: reader.decoder })
    .catch((error: unknown) => {
      if (error instanceof GanzhiError) throw error;
      // out of patience, or stopping: not stored as far as the client may know; the same batch again is harmless
      throw new GanzhiError('unavailable', 'Not stored yet. Send the same batch again.', { cause: error });
    });
  const fault = reader.fault();
  if (fault || !ack) throw new GanzhiError('invalid-payload', fault ?? 'The batch has no id.');
  return ack;
}

/** Reads the native protocol, holds the key against the batch, and remembers what was wrong with the envelope. */
function readerFor(key: string | string[] | undefined): { decoder: Decoder; fault: () => string | undefined } {
  let fault: string | undefined;
  const wanted = typeof key === 'string' ? key.replace(/^"(.*)"$/, '$1').toLowerCase() : undefined;
  return {
    fault: () => fault,
    decoder: (payload) => {
      const decoded = decode(payload);
      if (!isDecoded(decoded)) fault = decoded.quarantined[0].detail;
      else if (wanted !== undefined && wanted !== decoded.batch.toLowerCase()) {
        throw new GanzhiError('invalid-request', 'Idempotency-Key: must be the batch id of the body, or absent.');
      }
      return decoded;
    },
  };
}

/** The one place where an error becomes an answer, and the only one that logs it. */
function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const { code, detail } = faultOf(error);
    if (code === 'internal') log.error({ err: error, requestId: request.id }, 'request failed');
    if (code === 'unavailable' || code === 'too-many-requests') reply.header('retry-after', RETRY_AFTER_S);
    if (code === 'not-authenticated' || code === 'wrong-credentials') {
      reply.header('www-authenticate', 'Basic realm="ganzhi", Bearer realm="ganzhi"');
    }
    const body = problem(code, detail, whereOf(request));
    return reply.code(body.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(body));
  });
  app.setNotFoundHandler((request, reply) => {
    const body = problem(
      'not-found',
      `Readings go to POST ${READINGS_PATH}, enrolments to POST ${ENROLMENTS_PATH}.`,
      whereOf(request),
    );
    return reply.code(404).type('application/problem+json; charset=utf-8').send(JSON.stringify(body));
  });
}

const whereOf = (request: FastifyRequest) => ({
  instance: request.url.split('?')[0] ?? '/',
  requestId: request.id,
  language: request.headers['accept-language'],
});
