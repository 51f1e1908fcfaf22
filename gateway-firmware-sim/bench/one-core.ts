import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCountingBroker } from './field/broker.ts';
import { folder, startGateway, warmUp } from './field/gateway.ts';
import { cpuSeconds, peakMemoryMiB, start } from './field/process.ts';

const DEVICES = 500;
const TAGS = 30;
const WANTED_MIB = 150;
const SIMULATOR = fileURLToPath(new URL('./field/modbus-devices.ts', import.meta.url));
const WARM_UP_MS = 5_000;

/** The vocabulary has less than 30 quantities of one meter: a device is three meters of 11, 11 and 8 behind one address. */
const ALL = ['energy.import', 'energy.export', 'power', 'power.factor', 'frequency'];
const PHASES = ['voltage.a', 'voltage.b', 'voltage.c', 'current.a', 'current.b', 'current.c'];
const POINTS = [
  [...ALL, ...PHASES],
  [...ALL, ...PHASES],
  ['energy.import', 'power', ...PHASES],
];

/** 500 devices of 30 tags every second over Modbus TCP, the gateway on one core. */
export async function benchOneCore(seconds: number) {
  await warmUp();
  const data = folder();
  const broker = await startCountingBroker();
  const devices = start('taskset', ['-c', '1', process.execPath, SIMULATOR, String(DEVICES)]);
  try {
    const ports = JSON.parse(await devices.line()) as number[];
    /** Stamps by meter, as the server would have them. */
    const scans = new Map<string, Set<number>>();
    let readings = 0;
    let failures = 0;
    let window: { from: number; to: number } | undefined;
    broker.onBatch = (batch) => {
      failures += batch.errors.length;
      for (const { m, t } of batch.readings) {
        if (!window || t < window.from || t >= window.to) continue;
        readings += 1;
        const stamps = scans.get(m) ?? new Set();
        scans.set(m, stamps.add(Math.floor(t / 1_000)));
      }
    };
    const gateway = await startGateway(
      {
        ...{ code: 'GW-BENCH', token: 'x', mqttUrl: broker.url, dataDir: data.path },
        meters: ports.flatMap((port, device) =>
          POINTS.map((points, unit) => ({
            ...{ code: `D${device}-${unit}`, template: 'eastron-sdm630', intervalMs: 1_000, points },
            connection: { protocol: 'modbus-tcp' as const, host: '127.0.0.1', port, unit: unit + 1 },
          })),
        ),
      },
      0,
    );
    await delay(WARM_UP_MS);
    const from = Math.ceil(Date.now() / 1_000) * 1_000;
    window = { from, to: from + seconds * 1_000 };
    const [overrunsBefore, cpuBefore] = [
      await gateway.metric('ganzhi_gateway_poll_overruns_total'),
      cpuSeconds(gateway.pid),
    ];
    await delay(window.to - Date.now() + 2_000);
    const overruns = (await gateway.metric('ganzhi_gateway_poll_overruns_total')) - overrunsBefore;
    const cpu = cpuSeconds(gateway.pid) - cpuBefore;
    const memoryMiB = peakMemoryMiB(gateway.pid);
    await gateway.stop();
    const expected = DEVICES * TAGS * seconds;
    const wholeScans = [...scans.values()].reduce((sum, stamps) => sum + stamps.size, 0);
    const missedScans = DEVICES * POINTS.length * seconds - wholeScans;
    return {
      ...{ devices: DEVICES, tags: TAGS, seconds, expected, readings, missedScans, overruns, failures, memoryMiB },
      coreShare: Number((cpu / (seconds + 2)).toFixed(2)),
      wanted: { missedScans: 0, memoryMiB: WANTED_MIB },
      ok: missedScans === 0 && overruns === 0 && readings === expected && memoryMiB <= WANTED_MIB,
    };
  } finally {
    await devices.stop();
    await broker.stop();
    data.remove();
  }
}
