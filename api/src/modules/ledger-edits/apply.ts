import type { Tx } from '@ganzhi/schemas/db';
import { Refusal } from '../../errors/refuse.ts';
import { assertClosing, assertNoOverlap, registersOf } from './rules.ts';
import * as sql from './sql.ts';

/**
 * Puts an approved edit into force: facts into the registry, and a mark over exactly the registers that depend on it.
 *
 * @throws Refusal `conflict` when something else was recorded meanwhile
 */
export async function applyEdit(tx: Tx, row: sql.EditRow, approver: string, now: number): Promise<void> {
  const { meter_id: meterId, point, from_ts: from } = row;
  const ratios = await sql.ratiosOf(tx, meterId);
  const { ct, pt } = row.content;
  if (row.kind === 'replacement') {
    const { closing, opening } = registersOf(row);
    assertClosing(closing, await sql.lastReading(tx, meterId, point, from), row.decimals);
    const replacement = { meterId, point, at: from, closing, opening, photo: row.attachment, approver, editId: row.id };
    if (!(await sql.insertReplacement(tx, replacement))) {
      throw new Refusal('conflict', {
        zh: '该时刻已登记过换表，请先撤回那一条。',
        en: 'A replacement is on record for this moment already; withdraw that one first.',
      });
    }
  }
  if (ct !== undefined && pt !== undefined) {
    assertNoOverlap(ratios, from, row.to_ts);
    const before = ratios.findLast(({ valid_from: start }) => start < from) ?? ratios[0];
    await sql.insertRatio(tx, meterId, from, ct, pt);
    const isForATime = Number.isFinite(row.to_ts) && row.kind === 'ratio';
    const next = ratios.find(({ valid_from: start }) => start >= row.to_ts);
    if (isForATime && next?.valid_from !== row.to_ts) {
      await sql.insertRatio(tx, meterId, row.to_ts, before?.ct ?? 1, before?.pt ?? 1);
    }
  }
  await mark(tx, row, ratios, now);
}

/** Takes an approved edit back: the facts go, and the same registers are computed anew. */
export async function undoEdit(tx: Tx, row: sql.EditRow, now: number): Promise<void> {
  const ratios = await sql.ratiosOf(tx, row.meter_id);
  if (row.kind === 'replacement') await sql.removeReplacement(tx, row.id);
  if (row.content.ct !== undefined) {
    await sql.removeRatio(tx, row.meter_id, row.from_ts);
    if (row.kind === 'ratio' && Number.isFinite(row.to_ts)) await sql.removeRatio(tx, row.meter_id, row.to_ts);
  }
  await mark(tx, row, ratios, now);
}

async function mark(tx: Tx, row: sql.EditRow, ratios: readonly sql.RatioRow[], now: number): Promise<void> {
  const { meter_id: meterId, point, from_ts: from, kind } = row;
  const cause = kind === 'ratio' || kind === 'replacement' ? kind : 'edit';
  // a ratio holds until the next one on record
  const next = ratios.find(({ valid_from: start }) => start > from)?.valid_from ?? now;
  const to =
    row.content.ct === undefined ? row.to_ts : Math.max(from, Math.min(row.kind === 'ratio' ? row.to_ts : next, next));
  await sql.markDirty(tx, { meterId, point, from, to, cause });
}
