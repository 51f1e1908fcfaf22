import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@ganzhi/schemas';
import { MeterConfig, type MeterTemplate, type ModbusTemplate, quantityByCode, WORD_ORDERS } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { ReadFailureCode, ReadResult } from '../drivers/driver.ts';
import { createDriverFactory } from '../drivers/index.ts';
import type { LineDisturbance } from '../drivers/line/bus.ts';
import { templateById } from '../templates/index.ts';
import { type Finding, finding } from './finding.ts';
import { judgeMovement } from './movement.ts';
import { judgeSnapshot, looksLikeGrid, type Snapshot } from './plausibility.ts';

export interface ProbeOptions {
  template: string;
  connection: Connection;
  /** Seconds between two reads; 0 reads once. Only movement proves which register counts import. */
  watchSeconds: number;
  /** For keys of OPC UA. */
  dataDir: string;
  logger: Logger;
}

export interface ProbedValue {
  quantity: string;
  zh: string;
  en: string;
  unit: string;
  value: number | string | null;
  failure?: ReadFailureCode;
}

export interface ProbeReport {
  template: string;
  model: string;
  /** Where the server multiplies by CT and PT, the values are those of the secondary side. */
  ratioInMeter: boolean;
  values: ProbedValue[];
  findings: Finding[];
  /** What the line carried besides answers. */
  disturbances: Partial<Record<LineDisturbance, number>>;
}

/**
 * Reads a live meter by template, as the gateway would, and says what is suspicious about its values.
 *
 * @throws GanzhiError `config-invalid` when template and connection do not fit
 */
export async function probeMeter(options: ProbeOptions): Promise<ProbeReport> {
  const template = templateById(options.template);
  const disturbances: ProbeReport['disturbances'] = {};
  const observe = (kind: LineDisturbance, count: number) => {
    disturbances[kind] = (disturbances[kind] ?? 0) + count;
  };
  const read = (as: MeterTemplate, times: number) => readAs(as, options, times, observe);
  const [first, second] = await read(template, options.watchSeconds > 0 ? 2 : 1);
  if (!first) throw new Error('A probe reads at least once');
  const snapshot = snapshotOf(first.result);
  const findings = judgeSnapshot(snapshot);
  if (second) {
    const step = 10 ** -(template.points.find(({ quantity }) => quantity === 'energy.import')?.decimals ?? 0);
    findings.push(...judgeMovement(snapshot, snapshotOf(second.result), (second.atMs - first.atMs) / 1_000, step));
  }
  if (template.protocol === 'modbus' && needsOtherOrder(snapshot)) {
    findings.unshift(...(await otherWordOrders(template, read)));
  }
  const { id, model, ratioInMeter } = template;
  return { template: id, model, ratioInMeter, values: valuesOf(template, first.result), findings, disturbances };
}

/** A read and when it began, by the monotonic clock: on a slow line reads are further apart than the pause between them. */
interface TimedRead {
  atMs: number;
  result: ReadResult;
}
type Read = (template: MeterTemplate, times: number) => Promise<TimedRead[]>;

/** A driver of its own for each template tried: the back-off of one must not skip the other. */
async function readAs(
  template: MeterTemplate,
  { connection, watchSeconds, dataDir, logger }: ProbeOptions,
  times: number,
  onDisturbance: (kind: LineDisturbance, count: number) => void,
): Promise<TimedRead[]> {
  const factory = createDriverFactory({ dataDir }, logger, { onDisturbance, templateOf: () => template });
  const driver = factory(MeterConfig.parse({ code: 'probe', template: template.id, connection }));
  await driver.open();
  try {
    const reads: TimedRead[] = [];
    while (reads.length < times) {
      if (reads.length > 0) await delay(watchSeconds * 1_000);
      reads.push({ atMs: performance.now(), result: await driver.read() });
    }
    return reads;
  } finally {
    await driver.close();
  }
}

/** Voltage and frequency are known beforehand; where they were read and fit no grid, another order may explain it. */
const needsOtherOrder = (snapshot: Snapshot): boolean =>
  ['voltage.a', 'frequency'].some((quantity) => snapshot[quantity] !== undefined) && !looksLikeGrid(snapshot);

async function otherWordOrders(template: ModbusTemplate, read: Read): Promise<Finding[]> {
  for (const wordOrder of WORD_ORDERS) {
    const points = template.points.map((point) => ({ ...point, wordOrder }));
    const [tried] = await read({ ...template, points }, 1);
    if (tried && looksLikeGrid(snapshotOf(tried.result))) {
      return [finding('wrong-word-order', `read as ${wordOrder}, voltages and frequency are those of a grid`)];
    }
  }
  return [];
}

const snapshotOf = ({ values }: ReadResult): Snapshot =>
  Object.fromEntries(values.map(({ quantity, value }) => [quantity, Number(value)]));

function valuesOf({ points }: MeterTemplate, { values, failures }: ReadResult): ProbedValue[] {
  return points.map(({ quantity }) => {
    const { zh, en, unit } = quantityByCode(quantity) ?? { zh: quantity, en: quantity, unit: '' };
    const failure = failures.find((failed) => failed.quantity === quantity)?.code;
    const value = values.find((read) => read.quantity === quantity)?.value ?? null;
    return { quantity, zh, en, unit, value, ...(failure ? { failure } : {}) };
  });
}
