import { BOOKED_COUNTER } from '@ganzhi/schemas';
import { templateById } from '../../firmware/index.ts';
import type { Census } from '../census/census.ts';
import { type CensusMeter, type Flow, meanPerHour } from '../census/meter.ts';
import { bookedPoint } from '../census/models.ts';
import { type Evidence, evidenceOf } from '../faults/evidence.ts';
import { extraFlow } from '../faults/flow.ts';
import { type Fault, KINDS } from '../faults/kinds.ts';
import { type Display, faultyDisplay, healthyDisplay } from '../faults/register.ts';
import { recordedRatio } from '../faults/registry.ts';
import { displayRegisters } from '../load/display-registers.ts';
import { createLoadModel, type ExtraFlow, type LoadModel } from '../load/load-model.ts';
import type { Registers } from '../model/registers.ts';
import { unit } from '../random.ts';
import { countsShown } from './in-process-driver.ts';

/** A meter of the run: what it shows with its faults, and what it would show without them. */
export interface SimulatedMeter {
  meter: CensusMeter;
  registers: Registers;
  /** Counts of the booked register of a meter without faults, before the ratio. */
  trueCounts(t: number): number;
  /** What the truth says of each of its own faults, by id. */
  evidence: ReadonlyMap<string, Evidence>;
  /** CT x PT while the meter shows secondary values, otherwise 1. */
  ratio: number;
  /** Neither a value nor an error comes from it. */
  isSilent(t: number): boolean;
  /** It does not answer. */
  isDead(t: number): boolean;
}

/** Registers begin in the lower part of their range, so that only the fault "rollover" rolls them over. */
const HIGHEST_START = 0.5;

/** All meters of a census with the faults of their own. */
export function simulateMeters(
  census: Census,
  faults: readonly Fault[],
  { seed, fromMs }: { seed: number; fromMs: number },
): SimulatedMeter[] {
  const own = Map.groupBy(
    faults.filter(({ kind }) => KINDS[kind].at === 'meter'),
    ({ meter }) => meter,
  );
  const extras = extraFlows(census, faults);
  const models = new Map<string, LoadModel>();
  const meters = new Map(census.meters.map((meter) => [meter.code, meter]));
  const modelOf = (meter: CensusMeter): LoadModel => {
    const known = models.get(meter.code);
    if (known) return known;
    const made = createLoadModel({
      seed,
      flow: meter.flow,
      fromMs,
      start: startOf(meter, seed),
      extras: extras.get(meter.code) ?? [],
    });
    models.set(meter.code, made);
    return made;
  };

  return census.meters.map((meter) => {
    const mine = own.get(meter.code) ?? [];
    const ratio = recordedRatio(meter);
    const quantity = BOOKED_COUNTER[meter.medium].code;
    const booked = bookedPoint(meter);
    const shown = countsShown(meter.template, quantity);
    const model = modelOf(meter);
    const partnerOf = ({ partner }: Fault): Display | undefined => {
      const other = partner === undefined ? undefined : meters.get(partner);
      return other && healthyDisplay(modelOf(other), ratio);
    };
    const evidence = new Map<string, Evidence>();
    const display = mine.reduce<Display>(
      (before, fault) => {
        const after = faultyDisplay(before, fault, {
          resolution: 10 ** -(booked?.decimals ?? 0),
          modulus: booked?.modulus,
          partner: partnerOf(fault),
        });
        evidence.set(fault.id, evidenceOf(fault, { meter, before, after, shown }));
        return after;
      },
      healthyDisplay(model, ratio),
    );
    return {
      meter,
      registers: displayRegisters(meter, display),
      trueCounts: (t) => shown(model.amountAt(t) / ratio),
      evidence,
      ratio,
      isSilent: during(mine, 'gap'),
      isDead: during(mine, 'dead-slave'),
    };
  });
}

const during = (faults: readonly Fault[], kind: Fault['kind']): ((t: number) => boolean) => {
  const windows = faults.filter((fault) => fault.kind === kind);
  return windows.length === 0 ? () => false : (t) => windows.some(({ start, end }) => t >= start && t < end);
};

/** What leaks at a meter flows through all meters above it as well. */
function extraFlows(census: Census, faults: readonly Fault[]): Map<string, ExtraFlow[]> {
  const physical = faults.filter(({ kind }) => KINDS[kind].physical);
  const found = new Map<string, ExtraFlow[]>();
  if (physical.length === 0) return found;
  const byCode = new Map(census.meters.map((meter) => [meter.code, meter]));
  for (const fault of physical) {
    const struck = byCode.get(fault.meter);
    if (!struck) continue;
    const extra = extraFlow(fault, struck);
    for (let at: CensusMeter | undefined = struck; at; at = byCode.get(at.parentCode ?? '')) {
      found.set(at.code, [...(found.get(at.code) ?? []), extra]);
    }
  }
  return found;
}

/** Up to most of a year's use, as after some time in service. */
function startOf(meter: CensusMeter, seed: number): number {
  const { code, flow, template, ct, pt } = meter;
  const { ratioInMeter } = templateById(template);
  const modulus = bookedPoint(meter)?.modulus ?? Number.POSITIVE_INFINITY;
  const limit = HIGHEST_START * modulus * (ratioInMeter ? 1 : ct * pt);
  const used = unit(seed, code, 'start') * 0.8 * yearOf(flow);
  return Math.round(Math.min(used, limit));
}

const yearOf = (flow: Flow): number => meanPerHour(flow) * 8_760;
