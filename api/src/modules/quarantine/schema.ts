import { GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

const what = {
  /** A code of the error table. */
  reason: text(64).optional(),
  gateway: z.string().regex(GATEWAY_CODE).optional(),
  /** Meter of the reading as the gateway names it. */
  meter: text(256).optional(),
  /** Point of the reading as the gateway names it; a tag, of another maker's gateway. */
  point: text(256).optional(),
};

const period = {
  from: InstantQuery.optional(),
  to: InstantQuery.optional(),
};

export const ListQuarantine = z.strictObject({
  ...what,
  ...period,
  /** open: still refused. resolved: stored, or knowingly left aside, by a replay. */
  state: z.enum(['open', 'resolved', 'all']).default('open'),
  ...paging,
});

export const CountQuarantine = z.strictObject({ ...what, ...period });

export const QuarantinePage = z.object({
  items: z.array(
    z.object({
      /** A decimal string: it may grow beyond 2^53. */
      id: z.string(),
      receivedAt: Instant,
      gatewayCode: z.string(),
      /** A code of the error table. */
      reason: z.string(),
      detail: z.string(),
      /** The reading as received, or the head of a message that could not be parsed. */
      payload: z.unknown(),
      resolvedAt: Instant.nullable(),
      resolution: z.enum(['stored', 'left']).nullable(),
      /** The replay that resolved it. */
      replayId: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** Open entries by reason. */
export const QuarantineCounts = z.object({
  items: z.array(
    z.object({
      reason: z.string(),
      titleZh: z.string(),
      titleEn: z.string(),
      entries: z.int(),
      gateways: z.int(),
      oldestAt: Instant,
      newestAt: Instant,
    }),
  ),
  total: z.int(),
});

/** Which open entries to try again; at least one field, so that nobody replays all by an empty body. */
export const CreateReplay = z.strictObject(what).refine((body) => Object.keys(body).length > 0, {
  message: 'name at least one of reason, gateway, meter, point',
});

export const ListReplays = z.strictObject(paging);
export const ReplayParams = z.strictObject({ id: z.string().regex(/^\d{1,18}$/) });

export const QuarantineReplay = z
  .object({
    id: z.string(),
    requestedAt: Instant,
    requestedBy: z.string(),
    reason: z.string().nullable(),
    gateway: z.string().nullable(),
    meter: z.string().nullable(),
    point: z.string().nullable(),
    state: z.enum(['waiting', 'running', 'finished']),
    /** Open entries that fitted when it was requested. */
    matched: z.int(),
    stored: z.int(),
    leftAside: z.int(),
    refused: z.int(),
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
  })
  .meta({ id: 'QuarantineReplay' });

export const ReplayPage = z.object({ items: z.array(QuarantineReplay), nextCursor: z.string().nullable() });
