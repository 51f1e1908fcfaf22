import { KINDS } from '@ganzhi/gateway-firmware-sim/city';
import { HOUR } from '@ganzhi/schemas';
import type { TruthEvent, TruthMeter } from './truth-events.ts';
import type { TruthFiles } from './truth-files.ts';

/**
 * Why a fault of the truth cannot be told from the data, so that it is neither asked for nor counted against a detector:
 * - announced: an operator's record of it is in the registry, silence is right;
 * - no-effect: nothing differs from a healthy meter (the register is as it would have been, nothing was added, a display stood still
 *   that would not have moved, two swapped meters read alike);
 * - cut-short: the run ends before the fault has lasted as long as the shortest of its kind;
 * - within-tolerance: the clock was never off by more than the minute that validation rule V7 allows;
 * - one-gateway: of a division with a single gateway, its outage is that gateway's late back-fill.
 */
export const REASONS = ['announced', 'no-effect', 'cut-short', 'within-tolerance', 'one-gateway'] as const;
export type Reason = (typeof REASONS)[number];

/** V7: a clock that is off by more warns. */
const CLOCK_WARNS_S = 60;
/** A register that would have moved by so many steps at most may have stood still by itself. */
const FEW_STEPS = 3;
/** Two meters whose hours differ by less than this share of their sum read alike: the noise of the load is as large. */
const ALIKE = 0.03;
/** A leak is known by three nights in a row (domain handbook §4), a night being 2 to 5 o'clock. */
const LEAK_NIGHTS = 3;
const DAY_HOURS = 24;

/** What really went through the meters of an event while it lasted. */
export interface Flow {
  /** Primary units by meter. */
  readonly moved: ReadonlyMap<string, number>;
  /** Sum of the differences of two meters, hour by hour, primary units. */
  readonly apart: number;
}

/** Decides about events of one run. @param flowOf flow of an event; asked for kinds of `needsFlow` only */
export function visibility(
  truth: Pick<TruthFiles, 'toMs'>,
  meters: readonly TruthMeter[],
  flowOf: (event: TruthEvent) => Flow | undefined,
): (event: TruthEvent) => Reason | undefined {
  const steps = new Map(meters.map((one) => [one.meter, stepOf(one)]));
  return (event) => {
    if (event.announced) return 'announced';
    if (hasNoEffect(event, flowOf(event), steps)) return 'no-effect';
    const insideMs = Math.min(event.endMs, truth.toMs) - event.startMs;
    if (event.endMs > truth.toMs && insideMs < shortestMs(event.kind)) return 'cut-short';
    if (event.kind === 'leak' && nightsInside(event.startMs, Math.min(event.endMs, truth.toMs)) < LEAK_NIGHTS)
      return 'cut-short';
    if (event.kind === 'clock-drift') {
      const offS = (Math.abs(event.magnitude) * insideMs) / (event.endMs - event.startMs);
      if (offS <= CLOCK_WARNS_S) return 'within-tolerance';
    }
    if (event.kind === 'division-outage' && event.gateways.length < 2) return 'one-gateway';
    return undefined;
  };
}

/** Least step of a register, primary units. */
const stepOf = ({ ratio, decimals }: TruthMeter): number => ratio * 10 ** -decimals;

const shortestMs = (kind: string): number => {
  const specs: Readonly<Record<string, { lastsMs: readonly [number, number] }>> = KINDS;
  return specs[kind]?.lastsMs[0] ?? 0;
};

/** Whole nights from 2 to 5 o'clock in Shanghai. */
function nightsInside(fromMs: number, toMs: number): number {
  let nights = 0;
  for (let start = Math.ceil(fromMs / HOUR) * HOUR; start + 3 * HOUR <= toMs; start += HOUR) {
    if ((start / HOUR + 8) % DAY_HOURS === 2) nights += 1;
  }
  return nights;
}

/** Kinds whose effect depends on what flowed. */
export const needsFlow = ({ kind }: TruthEvent): boolean => kind === 'frozen' || kind === 'swapped-children';

function hasNoEffect(event: TruthEvent, flow: Flow | undefined, steps: ReadonlyMap<string, number>): boolean {
  const { kind, added, lastRegister, firstRegister, meters } = event;
  switch (kind) {
    case 'ac-left-on':
    case 'leak':
      return added === 0;
    case 'spike':
    case 'reset':
    case 'replacement':
      return lastRegister !== undefined && lastRegister === firstRegister;
    case 'frozen': {
      const [meter = ''] = meters;
      return (flow?.moved.get(meter) ?? Number.POSITIVE_INFINITY) <= FEW_STEPS * (steps.get(meter) ?? 1);
    }
    case 'swapped-children': {
      const sum = [...(flow?.moved.values() ?? [])].reduce((total, amount) => total + amount, 0);
      return flow !== undefined && flow.apart <= ALIKE * sum;
    }
    default:
      return false;
  }
}

/** Flows of the events that need it, in one pass over the true hours; an hour counts that lies wholly inside. */
export async function flowsOf(
  truth: TruthFiles,
  events: readonly TruthEvent[],
  meters: readonly TruthMeter[],
): Promise<ReadonlyMap<string, Flow>> {
  const units = new Map(meters.map(({ meter, decimals }) => [meter, 10 ** -decimals]));
  const asked = events.filter(needsFlow);
  const hours = new Map(asked.map(({ id }) => [id, new Map<number, Map<string, number>>()]));
  const byMeter = new Map<string, TruthEvent[]>();
  for (const event of asked)
    for (const meter of event.meters) byMeter.set(meter, [...(byMeter.get(meter) ?? []), event]);
  if (asked.length > 0) {
    for await (const { meter, hour, counts } of truth.hours()) {
      for (const { id, startMs, endMs } of byMeter.get(meter) ?? []) {
        if (hour < startMs || hour + HOUR > endMs) continue;
        const known = hours.get(id);
        const at = known?.get(hour) ?? new Map<string, number>();
        at.set(meter, counts * (units.get(meter) ?? 1));
        known?.set(hour, at);
      }
    }
  }
  return new Map(
    [...hours].map(([id, byHour]) => {
      const moved = new Map<string, number>();
      let apart = 0;
      for (const at of byHour.values()) {
        const [a = 0, b = 0] = at.values();
        if (at.size === 2) apart += Math.abs(a - b);
        for (const [meter, amount] of at) moved.set(meter, (moved.get(meter) ?? 0) + amount);
      }
      return [id, { moved, apart }];
    }),
  );
}
