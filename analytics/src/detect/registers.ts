import { MINUTE, SECOND } from '@ganzhi/schemas';
import type { Decision } from '../rules/decision.ts';
import { atMeter, type Finding, type FindingKind } from '../rules/detect/finding.ts';
import type { ListedMeter } from './meters.ts';
import type { Client } from './options.ts';

interface DecisionRow extends Decision {
  readonly meterId: number;
}

/** Decisions of the classifier about steps and readings that meet a span of time, by beginning. */
export async function loadDecisions(
  client: Client,
  meters: readonly ListedMeter[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<DecisionRow[]> {
  const { rows } = await client.query<DecisionRow>(
    `select d.meter_id as "meterId", d.kind, d.effect, d.from_ts as "fromTs", d.to_ts as "toTs", d.evidence
     from unnest($1::int4[], $2::int2[]) as w(meter_id, point)
     join ledger.decision d on d.meter_id = w.meter_id and d.point = w.point and d.from_ts < $4 and d.to_ts >= $3
     order by d.meter_id, d.from_ts`,
    [meters.map(({ id }) => id), meters.map(({ point }) => point), new Date(fromMs), new Date(toMs)],
  );
  return rows;
}

/** Kinds of decision that are findings as they stand; `frozen` has further evidence (`frozen.ts`), persons' edits are none. */
const KINDS: ReadonlySet<string> = new Set<FindingKind>([
  'spike',
  'transient-zero',
  'rollover',
  'reset',
  'replacement',
  'word-order',
  'backward',
  'implausible',
  'disorder',
]);

/**
 * What the classifier says of registers, as findings. An exchange on record is no finding.
 */
export function registerFindings(meters: readonly ListedMeter[], decisions: readonly DecisionRow[]): Finding[] {
  const byId = new Map(meters.map((meter) => [meter.id, meter]));
  return decisions.flatMap(({ meterId, kind, effect, fromTs, toTs, evidence }) => {
    const meter = byId.get(meterId);
    if (!meter || !KINDS.has(kind) || (kind === 'replacement' && effect === 'moved')) return [];
    const intervalMs = meter.intervalS * SECOND;
    const { r0, r1, readings, first, modulus } = evidence;
    return atMeter(meterId, {
      kind: kind as FindingKind,
      // Readings set aside lie between both; a step shows in the reading that ends it.
      fromMs: effect === 'set-aside' ? Math.min(fromTs + intervalMs, toTs - MINUTE) : fromTs,
      toMs: effect === 'set-aside' ? toTs : toTs + intervalMs,
      evidence: Object.fromEntries(
        Object.entries({ before: r0, after: r1, readings, first, modulus }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]],
        ),
      ),
    });
  });
}
