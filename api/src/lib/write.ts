import { createHash } from 'node:crypto';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../auth/guard.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../errors/refuse.ts';
import { audit } from './audit.ts';
import { text } from './shapes.ts';

/** Documented on every create: the same key and content is answered with the first answer, nothing is written twice. */
export const WriteHeaders = z.object({ 'idempotency-key': text(200).min(1).optional() });

export interface Written<T> {
  answer: T;
  /** Audit: what was written to, before and after. */
  target: string;
  before?: unknown;
  after?: unknown;
}

/**
 * One write: transaction, Idempotency-Key and audit row. All or nothing; the guard has seen to the permission.
 *
 * @param action noun.verb of the audit trail
 * @throws Refusal `conflict` when the key was used for something else
 */
export async function write<T>(
  { db, clock }: Context,
  request: FastifyRequest,
  action: string,
  work: (tx: Tx, actor: string, now: number) => Promise<Written<T>>,
): Promise<T> {
  const actor = sessionOf(request).user.login;
  const key = request.headers['idempotency-key'];
  return withTx(db, async (tx) => {
    const digest = digestOf(request);
    if (typeof key === 'string') {
      const earlier = await answered<T>(tx, actor, key, digest);
      if (earlier !== undefined) return earlier;
    }
    const { answer, target, before, after } = await work(tx, actor, clock());
    await audit(tx, { actor, action, target, before, after: after ?? answer, address: request.ip });
    if (typeof key === 'string') {
      await tx.query("delete from platform.idempotent_answer where created_at < now() - interval '7 days'");
      await tx.query('insert into platform.idempotent_answer (actor, key, digest, answer) values ($1, $2, $3, $4)', [
        actor,
        key,
        digest,
        JSON.stringify(answer),
      ]);
    }
    return answer;
  });
}

function digestOf({ method, url, body }: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(JSON.stringify([method, url]));
  return hash.update(Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null)).digest();
}

async function answered<T>(tx: Tx, actor: string, key: string, digest: Buffer): Promise<T | undefined> {
  // a retry that overtakes its first try waits for it here
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${actor}\n${key}`]);
  const { rows } = await tx.query<{ digest: Buffer; answer: T }>(
    'select digest, answer from platform.idempotent_answer where actor = $1 and key = $2',
    [actor, key],
  );
  const [row] = rows;
  if (row && !row.digest.equals(digest)) {
    throw new Refusal('conflict', {
      zh: '该 Idempotency-Key 已用于其他请求，请换一个新的键。',
      en: 'This Idempotency-Key was used for another request; take a new one.',
    });
  }
  return row?.answer;
}

/**
 * Reference data of the whole city is written by who may write for the whole city.
 *
 * @throws Refusal `forbidden` for a scope that is a part of it
 */
export async function assertWholeCity(tx: Tx): Promise<void> {
  if (await seesWholeCity(tx)) return;
  throw new Refusal('forbidden', {
    zh: '全市通用的基础数据只能由市级管理员维护。',
    en: 'Reference data of the whole city is kept by administrators of the city.',
  });
}

/** Whether the caller's scope for this permission is the whole city. */
export async function seesWholeCity(db: Db | Tx): Promise<boolean> {
  const { rows } = await db.query<{ all: boolean }>('select platform.claimed_all(false) as all');
  return rows[0]?.all ?? false;
}
