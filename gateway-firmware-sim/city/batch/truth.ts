import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BOOKED_COUNTER, GanzhiError, HOUR, shanghaiText } from '@ganzhi/schemas';
import type { Census } from '../census/census.ts';
import { bookedPoint } from '../census/models.ts';
import type { Evidence } from '../faults/evidence.ts';
import { type Fault, KINDS } from '../faults/kinds.ts';
import { type RegistryEvent, recordedRatio } from '../faults/registry.ts';
import type { SimulatedMeter } from './simulated-meters.ts';

/** Takes what meters would show at full hours, in order of time for each meter. */
export interface Truth {
  atHour(meter: SimulatedMeter, t: number): void;
  /** Writes what has come together; call now and then. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** For runs that nobody will judge. */
export const noTruth: Truth = { atHour: () => {}, flush: async () => {}, close: async () => {} };

export const TRUTH_FORMAT = 2;
const CONSUMPTION = 'consumption.jsonl.gz';

export interface TruthMeta {
  seed: number;
  profile: string;
  from: number;
  to: number;
  stepS: number;
}

/** What a run is made of, as far as it is known before the first reading. */
export interface TruthSubject {
  census: Census;
  faults: readonly Fault[];
  meters: readonly SimulatedMeter[];
  records: readonly RegistryEvent[];
}

/**
 * Writes the truth of a run into a folder: `meta.json`, `meters.jsonl`, `faults.jsonl` and `registry.jsonl` at once,
 * `consumption.jsonl.gz` as the run goes on. The format stands in TRUTH.md beside this folder.
 *
 * @throws GanzhiError `conflict` when the folder holds a truth already
 */
export function openTruth(folder: string, subject: TruthSubject, meta: TruthMeta): Truth {
  if (existsSync(join(folder, CONSUMPTION))) {
    throw new GanzhiError('conflict', `${folder} holds the truth of another run. Name another folder, or remove it.`);
  }
  mkdirSync(folder, { recursive: true });
  const { census, faults, meters, records } = subject;
  const evidence = new Map(meters.map((one) => [one.meter.code, one.evidence]));
  writeLines(
    join(folder, 'faults.jsonl'),
    faults.map((fault) => faultLine(fault, evidence.get(fault.meter)?.get(fault.id) ?? {})),
  );
  writeLines(
    join(folder, 'registry.jsonl'),
    records.map(({ at, ...rest }) => ({ ...rest, at: shanghaiText(at) })),
  );
  writeLines(join(folder, 'meters.jsonl'), census.meters.map(meterLine));
  writeFileSync(join(folder, 'meta.json'), `${JSON.stringify(metaOf(census, faults, meta), null, 2)}\n`);
  const gzip = createGzip({ level: 1 });
  const file = createWriteStream(join(folder, CONSUMPTION));
  const written = finished(gzip.pipe(file));
  const last = new Map<SimulatedMeter, { t: number; counts: number }>();
  let lines: string[] = [];

  const flush = async () => {
    if (lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    lines = [];
    if (!gzip.write(text)) await new Promise((resolve) => gzip.once('drain', resolve));
  };
  return {
    atHour(simulated, t) {
      const counts = simulated.trueCounts(t);
      const before = last.get(simulated);
      last.set(simulated, { t, counts });
      if (before?.t === t - HOUR) lines.push(consumptionLine(simulated, before.t, counts - before.counts));
    },
    flush,
    async close() {
      await flush();
      gzip.end();
      await written;
    },
  };
}

function consumptionLine({ meter, ratio }: SimulatedMeter, hour: number, counts: number): string {
  return `{"meter":"${meter.code}","quantity":"${BOOKED_COUNTER[meter.medium].code}","hour":"${hourText(hour)}","counts":${counts * ratio}}`;
}

const hourTexts = new Map<number, string>();

/** The same few hours for every meter of the city. */
function hourText(hour: number): string {
  const known = hourTexts.get(hour);
  if (known) return known;
  if (hourTexts.size > 1_000) hourTexts.clear();
  const made = shanghaiText(hour);
  hourTexts.set(hour, made);
  return made;
}

const faultLine = ({ start, end, ...rest }: Fault, evidence: Evidence) => ({
  ...rest,
  start: shanghaiText(start),
  end: shanghaiText(end),
  unit: KINDS[rest.kind].unit,
  ...evidence,
  ...(rest.kind === 'late-backfill' ? { arrives: shanghaiText(end + rest.magnitude * HOUR) } : {}),
});

const meterLine = (meter: Census['meters'][number]) => {
  const quantity = BOOKED_COUNTER[meter.medium];
  const point = bookedPoint(meter);
  return {
    meter: meter.code,
    gateway: meter.gatewayCode,
    institution: meter.institutionCode,
    medium: meter.medium,
    quantity: quantity.code,
    unit: quantity.unit,
    decimals: point?.decimals,
    modulus: point?.modulus,
    ratio: recordedRatio(meter),
    role: meter.role,
    parent: meter.parentCode ?? undefined,
    template: meter.template,
    intervalS: meter.intervalS,
  };
};

const metaOf = (census: Census, faults: readonly Fault[], { from, to, ...meta }: TruthMeta) => ({
  format: TRUTH_FORMAT,
  ...meta,
  from: shanghaiText(from),
  to: shanghaiText(to),
  institutions: census.sites.length,
  meters: census.meters.length,
  faults: new Set(faults.map(({ id }) => id)).size,
  faultLines: faults.length,
});

const writeLines = (file: string, lines: readonly object[]): void =>
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
