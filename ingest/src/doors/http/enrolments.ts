import { Announcement, CredentialRequest, GanzhiError, MAX_IMAGE_BYTES } from '@ganzhi/schemas';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Enrolments } from '../../enrolment/enrolments.ts';
import { AddressLimit } from '../../enrolment/limit.ts';
import type { Metrics } from '../../metrics.ts';

export const ENROLMENTS_PATH = '/api/v1/ingest/enrolments';
export const FIRMWARE_PATH = '/api/v1/ingest/firmware-image';

export interface EnrolmentRoutesOptions {
  enrolments: Enrolments;
  /** The firmware image of a ticket. */
  imageOf: (ticket: string) => Promise<Buffer | undefined>;
  metrics: Metrics;
  clock: Clock;
  /** Announcements and polls of one address in a minute; 600 unless said: a city may stand behind one address. */
  perMinute?: number;
}

const MAX_BODY_BYTES = 16 * 1024;
const PER_MINUTE = 600;
/** Images in memory at once. */
const MOST_DOWNLOADS = 4;
const Params = z.object({ id: z.uuid() });

/** Enrolment and firmware images: what a gateway asks for itself, over HTTP. Adds its routes to the door. */
export function addEnrolmentRoutes(app: FastifyInstance, options: EnrolmentRoutesOptions): void {
  const { enrolments, imageOf, metrics, clock } = options;
  const limit = new AddressLimit(options.perMinute ?? PER_MINUTE);
  let downloads = 0;
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (limit.take(request.ip, clock.now())) return;
    metrics.enrolments.inc({ result: 'too-many' });
    throw new GanzhiError('too-many-requests', 'Too many requests from this address. Wait a minute.');
  };
  const bodyLimit = MAX_BODY_BYTES;

  app.post(ENROLMENTS_PATH, { bodyLimit, onRequest }, async (request, reply) => {
    const announcement = parsed(Announcement, jsonOf(request.body));
    const status = await enrolments.announce(announcement, request.ip);
    metrics.enrolments.inc({ result: `announced-${status.state}` });
    return reply.code(status.state === 'pending' ? 202 : 200).send(status);
  });

  app.get(`${ENROLMENTS_PATH}/:id`, { onRequest }, async (request) => {
    const { id } = parsed(Params, request.params);
    return enrolments.status(id, bearerOf(request));
  });

  app.post(`${ENROLMENTS_PATH}/:id/credential`, { bodyLimit, onRequest }, async (request, reply) => {
    const { id } = parsed(Params, request.params);
    const issued = await enrolments.collect(id, bearerOf(request), parsed(CredentialRequest, jsonOf(request.body)));
    metrics.enrolments.inc({ result: 'collected' });
    return reply.header('cache-control', 'no-store').send(issued);
  });

  app.get(FIRMWARE_PATH, { onRequest }, async (request, reply) => {
    if (downloads >= MOST_DOWNLOADS) throw new GanzhiError('unavailable', 'Other downloads are under way; ask again.');
    downloads += 1;
    reply.raw.once('close', () => {
      downloads -= 1;
    });
    const image = await imageOf(bearerOf(request));
    if (!image) throw new GanzhiError('not-found', 'No firmware order has this ticket.');
    if (image.length > MAX_IMAGE_BYTES) throw new GanzhiError('internal', 'The stored image is too large.');
    return reply.type('application/octet-stream').header('cache-control', 'no-store').send(image);
  });
}

function bearerOf(request: FastifyRequest): string {
  const secret = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(request.headers.authorization ?? '')?.[1];
  if (!secret) throw new GanzhiError('not-authenticated', 'Authorization: Bearer with the secret or ticket.');
  return secret;
}

function jsonOf(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) throw new GanzhiError('invalid-request', 'Content-Type: application/json.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new GanzhiError('invalid-request', 'The body is not JSON.', { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new GanzhiError('invalid-request', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`);
}
