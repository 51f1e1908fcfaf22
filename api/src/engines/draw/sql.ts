import { randomBytes } from 'node:crypto';
import type { Tx } from '@ganzhi/schemas/db';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { type DrawRecord, draw, type Recusal, sealList } from './rules.ts';

export interface SealOptions {
  /** Module and id of what the draw is for, `procurement/17`. */
  subject: string;
  requestedBy: number;
  candidates: readonly string[];
  wanted: number;
}

/** Seals a list. The caller's transaction holds its audit row too. @returns the draw's id */
export async function sealDraw(tx: Tx, { subject, requestedBy, candidates, wanted }: SealOptions): Promise<bigint> {
  const sealed = sealList(candidates);
  const { rows } = await tx.query<{ id: bigint }>(
    `insert into platform.draw (subject, requested_by, candidates, list_digest, wanted)
     values ($1, $2, $3, $4, $5) returning id`,
    [subject, requestedBy, sealed.candidates, sealed.listDigest, wanted],
  );
  return rows[0]?.id ?? 0n;
}

/**
 * Holds a sealed draw, once. The seed is made here, after the list can no longer change.
 *
 * @throws Refusal `not-found`; `conflict` when it was held before, when too few remain, or when the one who asked holds it
 */
export async function holdDraw(
  tx: Tx,
  { id, heldBy, recusals }: { id: bigint; heldBy: number; recusals: readonly Recusal[] },
): Promise<DrawRecord> {
  const { rows } = await tx.query<SealedRow>(
    `select requested_by as "requestedBy", candidates, list_digest as "listDigest", wanted, seed
     from platform.draw where id = $1 for update`,
    [id],
  );
  const [sealed] = rows;
  if (!sealed) throw notFound();
  if (sealed.seed !== null) {
    throw new Refusal('conflict', {
      zh: '该次抽取已完成，不能重抽。如需重抽，请重新封存名单并说明理由。',
      en: 'This draw was held already. To draw again, seal a new list and give the reason.',
    });
  }
  if (sealed.requestedBy === heldBy) {
    throw new Refusal('conflict', {
      zh: '申请人不得操作抽取，请由他人执行。',
      en: 'Who asked for the draw may not hold it; let somebody else do it.',
    });
  }
  const { candidates, listDigest, wanted } = sealed;
  const input = { candidates, listDigest, wanted, recusals, seed: randomBytes(32).toString('hex') };
  const record = { ...input, steps: draw(input) };
  await tx.query(
    `update platform.draw set held_by = $2, held_at = now(), seed = $3, recusals = $4, steps = $5 where id = $1`,
    [id, heldBy, record.seed, JSON.stringify(recusals), JSON.stringify(record.steps)],
  );
  return record;
}

interface SealedRow {
  requestedBy: number;
  candidates: string[];
  listDigest: string;
  wanted: number;
  seed: string | null;
}

/** A held draw as it is kept, for `flawOf`. @throws Refusal `not-found` also while it is only sealed */
export async function readDraw(tx: Pick<Tx, 'query'>, id: bigint): Promise<DrawRecord> {
  const { rows } = await tx.query<DrawRecord>(
    `select candidates, list_digest as "listDigest", wanted, recusals, seed, steps
     from platform.draw where id = $1 and seed is not null`,
    [id],
  );
  const [record] = rows;
  if (!record) throw notFound();
  return record;
}
