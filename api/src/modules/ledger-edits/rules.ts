import { fromCounts, GanzhiError, shanghaiText, toCounts } from '@ganzhi/schemas';
import type { z } from 'zod';
import { Refusal, wrongField } from '../../errors/refuse.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { Edit, NewEdit } from './schema.ts';
import type { BookedRegister, EditRow, RatioRow } from './sql.ts';

/** What of an edit is stored beside its time: registers as counts in text, ratios as they are. */
export function contentOf(body: NewEdit, register: BookedRegister): EditRow['content'] {
  if (body.kind === 'ratio') return { ct: body.ct, pt: body.pt };
  if (body.kind !== 'replacement') return {};
  const { ct, pt } = body;
  const isOther = ct !== undefined || pt !== undefined;
  return {
    closing: countsOf(body.closing, register, 'closing').toString(),
    opening: countsOf(body.opening, register, 'opening').toString(),
    ...(isOther ? { ct: ct ?? register.ct, pt: pt ?? register.pt } : {}),
  };
}

function countsOf(text: string, { decimals }: BookedRegister, path: string): bigint {
  const counts = toCounts(text, decimals);
  if (counts === undefined || (text.split('.')[1]?.length ?? 0) > decimals) {
    throw wrongField(path, {
      zh: `该表读数保留 ${decimals} 位小数。`,
      en: `The register of this meter has ${decimals} decimals.`,
    });
  }
  return counts;
}

/**
 * A ratio may not be put over another one: each instant has one ratio.
 *
 * @param to end of the new ratio, exclusive; infinite when it holds until the next one on record
 * @throws Refusal `conflict` that names the record in the way and what to do
 */
export function assertNoOverlap(ratios: readonly RatioRow[], from: number, to: number): void {
  const inTheWay = ratios.find(
    ({ valid_from: start }) => start === from || (Number.isFinite(to) && start > from && start < to),
  );
  if (!inTheWay) return;
  const { valid_from: start, ct, pt } = inTheWay;
  const since = Number.isFinite(start) ? shanghaiText(start) : '-';
  throw new Refusal('conflict', {
    zh: `与现有变比重叠：${since} 起为 CT ${ct}、PT ${pt}。请先撤回该记录，或缩短时段使其不跨越该时刻。`,
    en: `Overlaps a ratio on record: CT ${ct}, PT ${pt} from ${since}. Withdraw that record first, or choose a period that does not reach over its start.`,
  });
}

/** @throws Refusal `conflict`: a closed month changes by reversal and new entry only */
export function assertOpen(closedMonth: string | undefined): void {
  if (closedMonth === undefined) return;
  throw new Refusal('conflict', {
    zh: `${closedMonth} 已关账。请先申请反关账（POST /closed-months/{id}/reopening），修改后重新关账，差额以红冲入账。`,
    en: `${closedMonth} is closed. Ask for it to be reopened first (POST /closed-months/{id}/reopening); when it is closed again the change is booked by reversal.`,
  });
}

/** @throws Refusal `invalid-request` when the span is empty or turned around */
export function assertSpan(from: number, to: number): void {
  if (to >= from) return;
  throw wrongField('to', { zh: 'to 不能早于 from。', en: '"to" must not be earlier than "from".' });
}

/** @throws Refusal `invalid-request` when the closing register lies before what the old meter has shown */
export function assertClosing(closing: bigint, last: bigint | undefined, decimals: number): void {
  if (last === undefined || closing >= last) return;
  throw wrongField('closing', {
    zh: `旧表止码低于更换前的最后读数 ${fromCounts(last, decimals)}。请核对照片；若旧表曾归零，请先处理该归零。`,
    en: `The closing register is below the last reading before it, ${fromCounts(last, decimals)}. Check the photo; if the old meter was reset, decide about that first.`,
  });
}

/** @throws Refusal `conflict` when the edit is past this state */
export function assertStatus(row: EditRow, ...wanted: EditRow['status'][]): void {
  if (wanted.includes(row.status)) return;
  throw new Refusal('conflict', {
    zh: `该修改的状态为 ${row.status}，不能再作此操作。`,
    en: `The edit is ${row.status} already; this can no longer be done.`,
  });
}

/** @throws Refusal `forbidden`: the two-person rule (domain handbook §4) */
export function assertOther(row: EditRow, userId: number): void {
  if (row.proposed_by !== userId) return;
  throw new Refusal('forbidden', {
    zh: '修改须由另一人审批。',
    en: 'An edit is decided by another person than the one who proposed it.',
  });
}

/** Registers of a replacement, counts. */
export function registersOf({ content }: EditRow): { closing: bigint; opening: bigint } {
  if (content.closing === undefined || content.opening === undefined) {
    throw new GanzhiError('internal', 'A replacement without registers.');
  }
  return { closing: BigInt(content.closing), opening: BigInt(content.opening) };
}

export function editOf(row: EditRow): z.infer<typeof Edit> {
  const { closing, opening, ct, pt } = row.content;
  return {
    id: row.id,
    meterId: row.meter_id,
    meterCode: row.meter_code,
    kind: row.kind,
    from: shanghaiText(row.from_ts),
    to: Number.isFinite(row.to_ts) ? shanghaiText(row.to_ts) : null,
    content: {
      ...(closing === undefined ? {} : { closing: fromCounts(BigInt(closing), row.decimals) }),
      ...(opening === undefined ? {} : { opening: fromCounts(BigInt(opening), row.decimals) }),
      ...(ct === undefined ? {} : { ct }),
      ...(pt === undefined ? {} : { pt }),
    },
    reasonCode: row.reason_code,
    note: row.note,
    attachment: row.attachment,
    status: row.status,
    proposedBy: row.proposer,
    proposedAt: shanghaiText(row.proposed_at),
    decidedBy: row.decider,
    decidedAt: instantOrNull(row.decided_at),
    withdrawnBy: row.withdrawer,
    withdrawnAt: instantOrNull(row.withdrawn_at),
  };
}
