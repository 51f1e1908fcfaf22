import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ModbusTemplate } from '@ganzhi/schemas';
import { planReads } from '../firmware/drivers/modbus/plan.ts';
import { templateById } from '../firmware/templates/index.ts';
import { startCountingBroker } from './field/broker.ts';
import { folder, type GatewayProcess, startGateway, warmUp } from './field/gateway.ts';
import { peakMemoryMiB, start } from './field/process.ts';
import { exchangeMs } from './field/rtu-line.ts';

const SLAVES = fileURLToPath(new URL('./field/rtu-slaves.ts', import.meta.url));
const METERS_PER_BUS = 32;
const TEMPLATE = 'eastron-sdm630';
/** 3.5 characters at 9600 baud, rounded up (Modbus over serial line 1.02 §2.5.1.1). */
const PAUSE_MS = 4;
const DEAD = [[7, 23], [15]];
const WANTED = { share: 0.9, cost: 0.05, memoryMiB: 120 };
const COUNT = 'ganzhi_gateway_poll_duration_seconds_count';
const SUM = 'ganzhi_gateway_poll_duration_seconds_sum';
const FAILED = 'ganzhi_gateway_poll_errors_total';
/** Until the first tries of dead slaves are over: they are skipped for 0, 1, 3, 7, then 15 scans. */
const SCANS_BEFORE = 8;
/** Then a dead slave is asked once in sixteen scans: what it costs shows in no less. */
const LEAST_SCANS = 17;

/**
 * The collector of the national guideline: 64 meters on two buses, polled as fast as the line goes.
 * Throughput counts while a bus is polled: meters read, times what they take on the line, by the time their reads took.
 */
export async function benchCollector(seconds: number) {
  const blocks = planReads(ModbusTemplate.parse(templateById(TEMPLATE)).points);
  const computedMs = blocks.reduce((sum, { length }) => sum + exchangeMs(length), 0);
  const scanMs = computedMs * METERS_PER_BUS;
  await warmUp();
  const alive = await measure([[], []], seconds, scanMs);
  const withDead = await measure(DEAD, seconds, scanMs);
  const share = (alive.metersPerBusS * computedMs) / 1_000;
  const cost = 1 - withDead.metersPerBusS / alive.metersPerBusS;
  const memoryMiB = Math.max(alive.memoryMiB, withDead.memoryMiB);
  return {
    ...{ meters: METERS_PER_BUS * 2, seconds, computedMsPerMeter: round(computedMs), alive, withDead, memoryMiB },
    ...{ share: round(share), costOfThreeDead: round(cost), wanted: WANTED },
    ok: share >= WANTED.share && cost <= WANTED.cost && memoryMiB <= WANTED.memoryMiB,
  };
}

async function measure(dead: readonly (readonly number[])[], seconds: number, scanMs: number) {
  const data = folder();
  const broker = await startCountingBroker();
  const buses = dead.map((units) => start('taskset', ['-c', '1', process.execPath, SLAVES, ...units.map(String)]));
  try {
    const paths = await Promise.all(buses.map((bus) => bus.line()));
    const gateway = await startGateway(
      {
        ...{ code: 'GW-BENCH', token: 'x', mqttUrl: broker.url, dataDir: data.path },
        meters: paths.flatMap((path, bus) =>
          Array.from({ length: METERS_PER_BUS }, (_, i) => ({
            // The next scan begins at the next whole second.
            ...{ code: `B${bus}-${i + 1}`, template: TEMPLATE, intervalMs: 1_000 },
            connection: {
              protocol: 'modbus-rtu' as const,
              line: { kind: 'serial' as const, path, pauseMs: PAUSE_MS },
              unit: i + 1,
            },
          })),
        ),
      },
      0,
    );
    await delay(scanMs * SCANS_BEFORE * 1.25);
    const before = await figures(gateway);
    await delay(Math.max(seconds * 1_000, scanMs * LEAST_SCANS * 1.25));
    const after = await figures(gateway);
    const memoryMiB = peakMemoryMiB(gateway.pid);
    await gateway.stop();
    const read = after.reads - before.reads - (after.failed - before.failed);
    const busyS = after.busyS - before.busyS;
    return {
      metersRead: read,
      failed: after.failed - before.failed,
      busyS: round(busyS),
      metersPerBusS: read / busyS,
      memoryMiB,
    };
  } finally {
    for (const bus of buses) await bus.stop();
    await broker.stop();
    data.remove();
  }
}

const figures = async (gateway: GatewayProcess) => ({
  reads: await gateway.metric(COUNT),
  busyS: await gateway.metric(SUM),
  failed: await gateway.metric(FAILED),
});

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
