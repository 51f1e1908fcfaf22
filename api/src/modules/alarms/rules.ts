import { type AlarmState, type FindingKind, isReason, KIND_WORDS, REASONS, WASTE_KINDS } from '@ganzhi/analytics/rules';
import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { Refusal } from '../../errors/refuse.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { AlarmDetail, AlarmSummary } from './schema.ts';
import type { AlarmDetailRow, AlarmRow, historyOf, membersOf, toldOf } from './sql.ts';

export const subjectOf = (id: number | bigint): string => `alarm/${id}`;

/** What a person may do in which state; the rest is for the data. */
const FROM: Readonly<Record<'acknowledge' | 'assign' | 'resolve', readonly AlarmState[]>> = {
  acknowledge: ['open'],
  assign: ['open', 'acknowledged', 'assigned'],
  resolve: ['open', 'acknowledged', 'assigned'],
};

/** @throws Refusal `conflict` */
export function assertMay(action: keyof typeof FROM, state: AlarmState): void {
  if (FROM[action].includes(state)) return;
  throw new Refusal(
    'conflict',
    state === 'confirmed'
      ? {
          zh: '数据已确认此告警结束，无需再处理。',
          en: 'The data have closed this alarm; there is nothing left to do.',
        }
      : { zh: `当前状态（${state}）不能执行此操作。`, en: `In its state (${state}) it cannot be done.` },
  );
}

const number = (text: string | null): number | null => (text === null ? null : Number(text));
const words = (zh: string, en: string) => ({ zh, en });

/** The cause by the name that people know. */
function unitOf(row: AlarmRow): { zh: string; en: string } {
  const code = row.unit.slice(row.unit.indexOf('/') + 1);
  switch (row.unit_kind) {
    case 'meter':
      return words(
        `${row.meter_zh ?? ''} ${row.meter_code ?? code}`.trim(),
        `${row.meter_en ?? ''} ${row.meter_code ?? code}`.trim(),
      );
    case 'bus': {
      const bus = code.slice(code.indexOf('/') + 1);
      return words(`${row.gateway_code ?? ''} 总线 ${bus}`, `${row.gateway_code ?? ''} bus ${bus}`);
    }
    case 'gateway':
      return words(`网关 ${row.gateway_code ?? code}`, `Gateway ${row.gateway_code ?? code}`);
    case 'institution':
      return words(row.institution_zh ?? code, row.institution_en ?? code);
    case 'division':
      return words(row.division_zh ?? code, row.division_en ?? code);
  }
}

export function summaryOf(row: AlarmRow): z.infer<typeof AlarmSummary> {
  const { estimated_amount: amount, amount_unit: unit } = row;
  const kind = KIND_WORDS[row.kind];
  return {
    id: Number(row.id),
    kind: row.kind,
    kindName: words(kind.zh, kind.en),
    severity: row.severity,
    unitKind: row.unit_kind,
    unit: unitOf(row),
    institutionId: row.institution_id,
    institution: row.institution_zh === null ? null : words(row.institution_zh, row.institution_en ?? ''),
    divisionCode: row.division_code,
    gatewayCode: row.gateway_code,
    meterCode: row.meter_code,
    meters: row.meters,
    beganAt: shanghaiText(row.began_at),
    endedAt: instantOrNull(row.ended_at),
    detectedAt: shanghaiText(row.detected_at),
    state: row.state,
    outcome: row.outcome,
    assignedTo: row.assigned_to,
    estimate:
      amount === null || unit === null
        ? null
        : {
            amount: Number(amount),
            unit,
            cny: number(row.estimated_cny),
            amountPerMonth: Number(row.monthly_amount ?? 0),
            cnyPerMonth: number(row.monthly_cny),
            tariffId: row.tariff_id,
          },
    version: row.version,
  };
}

export interface DetailParts {
  members: Awaited<ReturnType<typeof membersOf>>;
  history: Awaited<ReturnType<typeof historyOf>>;
  told: Awaited<ReturnType<typeof toldOf>>;
}

const isWaste = (kind: FindingKind): boolean => WASTE_KINDS.some((waste) => waste === kind);

export function detailOf(row: AlarmDetailRow, { members, history, told }: DetailParts): z.infer<typeof AlarmDetail> {
  const base = summaryOf(row);
  const kind = KIND_WORDS[row.kind];
  const { estimate } = base;
  const isSaved = isWaste(row.kind) && row.outcome === 'over' && estimate !== null;
  return {
    ...base,
    advice: words(kind.doZh, kind.doEn),
    resolvedAt: instantOrNull(row.resolved_at),
    confirmedAt: instantOrNull(row.confirmed_at),
    seenAt: shanghaiText(row.seen_at),
    causeId: row.cause_id === null ? null : Number(row.cause_id),
    saving: isSaved
      ? { amountPerMonth: estimate.amountPerMonth, unit: estimate.unit, cnyPerMonth: estimate.cnyPerMonth }
      : null,
    evidence: row.evidence,
    plot: row.plot && {
      from: shanghaiText(row.plot.fromMs),
      stepS: row.plot.stepMs / 1_000,
      unit: row.plot.unit,
      found: row.plot.found,
      expected: row.plot.expected,
    },
    members: members.map(({ meterId, code, zh, en, institutionId, endedAt }) => ({
      meterId,
      meterCode: code,
      meterName: words(zh, en),
      institutionId,
      endedAt: instantOrNull(endedAt),
    })),
    history: history.map(({ at, reason, ...event }) => ({
      ...event,
      at: shanghaiText(at),
      reason: reason !== null && isReason(reason) ? { ...REASONS[reason] } : null,
    })),
    told: told.map(({ login, at, seenAt }) => ({ login, at: shanghaiText(at), seenAt: instantOrNull(seenAt) })),
  };
}
