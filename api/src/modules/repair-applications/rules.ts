import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { Event } from '../../engines/approval/rules.ts';
import type { Approval } from '../../engines/approval/sql.ts';
import type { Evidence } from '../../engines/evidence/sql.ts';
import type { RepairApplication, RepairApplicationDetail } from './schema.ts';
import type { RepairRow } from './sql.ts';

/** Series of the numbers; the letters are the bureau's to choose. */
export const NUMBERS = { code: 'repair', pattern: '常机管修〔{year}〕{seq}号' };

/** Key of an application in the engines: approval, evidence, notifications. */
export const subjectOf = (id: number): string => `repair-application/${id}`;

/** Fen as CNY with two decimals. */
const cny = (fen: bigint): string => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`;

export const itemOf = (row: RepairRow): z.infer<typeof RepairApplication> => ({
  id: row.id,
  number: row.number,
  institutionId: row.institution_id,
  institutionNameZh: row.institution_zh,
  institutionNameEn: row.institution_en,
  title: row.title,
  reason: row.reason,
  estimateCny: cny(row.estimate_fen),
  status: row.status,
  createdBy: row.author,
  createdAt: shanghaiText(row.created_at),
  dueAt: row.due_at === null ? null : shanghaiText(row.due_at),
  version: row.version,
});

export interface DetailParts {
  evidence: readonly Evidence[];
  /** By evidence id. */
  materials: ReadonlyMap<bigint, string>;
  approval: Approval | undefined;
  /** By user id. */
  logins: ReadonlyMap<number, string>;
}

export function detailOf(row: RepairRow, parts: DetailParts): z.infer<typeof RepairApplicationDetail> {
  const { evidence, materials, approval, logins } = parts;
  const running = approval?.state.status === 'running' ? approval.state.step : -1;
  return {
    ...itemOf(row),
    materials: evidence.map(({ id, name, mediaType, bytes, sha256 }) => ({
      material: materials.get(id) ?? '',
      name,
      mediaType,
      bytes,
      sha256,
    })),
    history: (approval?.history ?? [])
      .filter(({ event }) => event.kind !== 'open')
      .map(({ at, event }) => ({
        at: shanghaiText(at),
        kind: event.kind,
        by: 'by' in event ? (logins.get(event.by) ?? null) : null,
        onBehalfOf:
          'onBehalfOf' in event && event.onBehalfOf !== event.by ? (logins.get(event.onBehalfOf) ?? null) : null,
        comment: 'comment' in event ? event.comment : '',
      })),
    course: (approval?.course ?? []).map(({ code, zh, en }, i) => ({ code, zh, en, current: i === running })),
  };
}

/** Everybody whom a history names. */
export function peopleOf(approval: Approval | undefined): number[] {
  const events: readonly Event[] = (approval?.history ?? []).map(({ event }) => event);
  return [
    ...new Set(
      events.flatMap((event) =>
        'by' in event ? [event.by, ...('onBehalfOf' in event ? [event.onBehalfOf] : [])] : [],
      ),
    ),
  ];
}
