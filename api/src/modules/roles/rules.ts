import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { type BothLanguages, Refusal, wrongField } from '../../errors/refuse.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { Assignment, Delegate, GrantRole } from './schema.ts';
import type { AssignmentRow, Known } from './sql.ts';

const TECHNICAL = new Set(['system-administrator', 'security-administrator', 'audit-administrator']);

/**
 * Whether a grant makes sense: something is in its scope unless the role is technical, and everything named exists.
 *
 * @throws Refusal `invalid-request` naming the field
 */
export function checkGrant(grant: z.infer<typeof GrantRole>, known: Known): void {
  const { role, wholeCity, division, line, institutionIds, meterIds, validFrom, validTo, dataFrom, dataTo } = grant;
  const unknown: BothLanguages = { zh: '其中有不存在的编号。', en: 'Something named here does not exist.' };
  if (!known.role || role === 'installer') {
    throw wrongField('role', { zh: '没有这个角色，或不可授予。', en: 'No such role, or one that cannot be given.' });
  }
  for (const [path, there] of [
    ['division', known.division],
    ['line', known.line],
    ['institutionIds', known.institutions],
    ['meterIds', known.meters],
  ] as const) {
    if (!there) throw wrongField(path, unknown);
  }
  const empty = !wholeCity && !division && !line && institutionIds.length === 0 && meterIds.length === 0;
  if (empty && !TECHNICAL.has(role)) {
    throw wrongField('wholeCity', {
      zh: '请指定数据范围：全市、区划、条线、单位或表计。',
      en: 'Name a scope: whole city, division, line, institutions or meters.',
    });
  }
  if (TECHNICAL.has(role) && (dataFrom !== undefined || dataTo !== undefined)) {
    throw wrongField('dataFrom', {
      zh: '三员角色不涉及业务数据，不能设数据时段。',
      en: 'The three administrators see no business data; there is no span to set.',
    });
  }
  if (validFrom !== undefined && validTo !== undefined && validTo <= validFrom) throw wrongField('validTo', ENDS_FIRST);
  if (dataFrom !== undefined && dataTo !== undefined && dataTo <= dataFrom) throw wrongField('dataTo', ENDS_FIRST);
}

const ENDS_FIRST = { zh: '结束须晚于开始。', en: 'The end lies before the beginning.' };

/**
 * Whether a right may be handed on: one's own, living, of business, not itself delegated, and for a time within it.
 *
 * @throws Refusal `not-found` for what is not one's own, `forbidden`, or `invalid-request` naming `validTo`
 */
export function checkDelegation(
  source: AssignmentRow,
  { validTo }: Pick<z.infer<typeof Delegate>, 'validTo'>,
  now: number,
): void {
  const living =
    source.revoked_at === null && source.valid_from <= now && (source.valid_to === null || source.valid_to > now);
  if (!living || source.delegated_from !== null || source.kind !== 'business') {
    throw new Refusal('forbidden', {
      zh: '只能委托本人有效的业务角色，且不得转委托。',
      en: 'Only a living business role of your own can be delegated, and not once more.',
    });
  }
  if (validTo <= now || (source.valid_to !== null && validTo > source.valid_to)) {
    throw wrongField('validTo', {
      zh: '委托期限须在将来，且不超过本人角色的期限。',
      en: 'A delegation ends in the future and no later than the role itself.',
    });
  }
}

export const assignmentOf = (row: AssignmentRow): z.infer<typeof Assignment> => ({
  id: row.id,
  userId: row.user_id,
  role: row.role_code,
  wholeCity: row.whole_city,
  division: row.division_code,
  line: row.line_code,
  institutionIds: row.institution_ids,
  meterIds: row.meter_ids,
  dataFrom: instantOrNull(row.data_from),
  dataTo: instantOrNull(row.data_to),
  // a right of the first day has no beginning
  validFrom: Number.isFinite(row.valid_from) ? shanghaiText(row.valid_from) : null,
  validTo: instantOrNull(row.valid_to),
  revokedAt: instantOrNull(row.revoked_at),
  grantedBy: row.granted_by,
  delegatedFrom: row.delegated_from,
  reason: row.reason,
});
