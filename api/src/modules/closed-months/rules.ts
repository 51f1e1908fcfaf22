import { DAY, dateText, monthStart, parseInstant, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { energyNumber, energyOf } from '../../lib/energy.ts';
import type { ClosedMonth, EntryPage } from './schema.ts';
import type { ClosingRow, EntryRow, EventRow } from './sql.ts';

/** Days after the end of a month before which it is not closed: backlogs still come. */
const OPEN_DAYS = 3;

/** @throws Refusal `invalid-request` when the month is not over for some days */
export function assertOver(month: string, now: number): void {
  const start = parseInstant(`${month}-01`) ?? 0;
  if (now >= monthStart(start, 1) + OPEN_DAYS * DAY) return;
  throw wrongField('month', {
    zh: `该月结束 ${OPEN_DAYS} 天后方可关账，最早 ${dateText(monthStart(start, 1) + OPEN_DAYS * DAY)}。`,
    en: `A month can be closed ${OPEN_DAYS} days after its end, on ${dateText(monthStart(start, 1) + OPEN_DAYS * DAY)} at the earliest.`,
  });
}

/** @throws Refusal `conflict` when the step is not possible now, with what is */
export function assertMay(row: ClosingRow, action: 'close' | 'reopen'): void {
  const isPossible = action === 'close' ? row.state !== 'closed' : row.state === 'closed';
  if (isPossible && row.pending === null) return;
  throw new Refusal('conflict', {
    zh: row.pending ? '该月已有待审批的申请，请先审批。' : `该月状态为 ${row.state}，不能再作此操作。`,
    en: row.pending
      ? 'Something is asked for this month already; decide about that first.'
      : `The month is ${row.state}; this cannot be done now.`,
  });
}

/**
 * The second person of a step.
 *
 * @throws Refusal `conflict` when nothing waits, `forbidden` for the person who asked
 */
export function pendingOf(row: ClosingRow, userId: number): 'close' | 'reopen' {
  if (row.pending === null) {
    throw new Refusal('conflict', { zh: '没有待审批的申请。', en: 'Nothing waits for a decision.' });
  }
  if (row.pending_by === userId) {
    throw new Refusal('forbidden', {
      zh: '关账与反关账须由另一人审批。',
      en: 'Another person than the one who asked decides.',
    });
  }
  return row.pending;
}

export function found(row: ClosingRow | undefined): ClosingRow {
  if (!row) throw notFound();
  return row;
}

export function closingAnswer(row: ClosingRow, events: readonly EventRow[]): z.infer<typeof ClosedMonth> {
  const { pending, pending_reason: reason, asker, pending_at: at } = row;
  return {
    id: row.id,
    month: row.month.slice(0, 7),
    state: row.state,
    pending:
      pending && at !== null ? { action: pending, reason: reason ?? '', by: asker ?? '', at: shanghaiText(at) } : null,
    history: events
      .filter((event) => event.closing_id === row.id)
      .map((event) => ({
        event: event.event,
        reason: event.reason,
        askedBy: event.asker,
        decidedBy: event.decider,
        at: shanghaiText(event.at),
      })),
  };
}

export const entryOf = (row: EntryRow): z.infer<typeof EntryPage>['items'][number] => ({
  id: String(row.id),
  meterId: row.meter_id,
  meterCode: row.meter_code,
  kind: row.kind,
  unit: row.unit,
  energy: energyNumber(energyOf(row.energy)),
  disputed: energyNumber(energyOf(row.disputed)),
  at: shanghaiText(row.at),
  reason: row.reason,
});
