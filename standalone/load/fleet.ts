/**
 * `npm run load:fleet -- [--gateways 1960]`: a wrong configuration is pushed to a whole fleet of gateways in this process (real firmware,
 * MQTT, ingest and database; only the meters are drivers of this file). Last line JSON; exit 1 when one gateway is harmed: not back on
 * its good configuration, not connected, or silent afterwards.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  createCaredGateway,
  type MeterDriver,
  parseInstallConfig,
  systemClock,
  templateById,
} from '@ganzhi/gateway-firmware-sim/firmware';
import { startIngest } from '@ganzhi/ingest';
import { MINUTE } from '@ganzhi/schemas';
import { pino } from 'pino';
import { type Bed, meterOf, tokenOf, withBed } from './bed.ts';

const INTERVAL_MS = 10_000;
const TRIAL_MS = 15_000;
const DEAD_PORT = 1;
const LIMIT_MS = 15 * MINUTE;
const STARTED_AT_A_TIME = 40;

const { values } = parseArgs({
  options: { gateways: { type: 'string', default: '1960' }, help: { type: 'boolean', default: false } },
});
if (values.help) process.stdout.write('npm run load:fleet -- [--gateways 1960]\n');
else {
  const report = await withBed(Number(values.gateways), run);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.harmed === 0 ? 0 : 1;
}

async function run({ owner, urlFor, codes }: Bed) {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-fleet-'));
  const logger = pino({ level: 'silent' });
  const ingest = await startIngest({
    ...{ databaseUrl: urlFor('ganzhi_ingest'), mqttHost: '127.0.0.1', mqttPort: 0, httpHost: '127.0.0.1', httpPort: 0 },
    ...{ doorPort: 0, mode: 'demo', batchMs: 50, batchRows: 10_000, logger },
  });
  const fleet = codes.map((code) =>
    createCaredGateway({
      install: parseInstallConfig({
        ...{ serial: code, code, token: tokenOf(code), dataDir: join(folder, code) },
        careUrl: `http://127.0.0.1:${ingest.doorPort}`,
        mqttUrl: `mqtt://127.0.0.1:${ingest.mqttPort}`,
        meters: [meterAt(meterOf(code), 502)],
      }),
      clock: systemClock,
      logger,
      drivers: () => (meter) => {
        templateById(meter.template);
        return driverAt(meter.connection.protocol === 'modbus-tcp' ? meter.connection.port : 0);
      },
    }),
  );
  const count = async (sql: string, parameters: unknown[] = []): Promise<number> =>
    Number((await owner.query<{ n: number }>(`select count(*)::int4 as n from ${sql}`, parameters)).rows[0]?.n);
  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const end = performance.now() + LIMIT_MS;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
      await delay(500);
    }
  };
  try {
    for (let at = 0; at < fleet.length; at += STARTED_AT_A_TIME) {
      await Promise.all(fleet.slice(at, at + STARTED_AT_A_TIME).map((gateway) => gateway.start()));
    }
    await until('every gateway delivers', async () => (await count('metering.latest')) === codes.length);
    const pushed = performance.now();
    await push(owner);
    await until(
      'every gateway refuses or returns',
      async () => (await count("care.configuration_state where state in ('refused', 'returned')")) === codes.length,
    );
    const seconds = (performance.now() - pushed) / 1_000;
    const mark = new Date();
    await until('every gateway delivers again', async () => {
      return (await count('metering.latest where ts > $1', [mark])) === codes.length;
    });
    const harmed = fleet.filter((one) => !one.isConnected() || one.runner()?.configuration() !== 0).length;
    return {
      gateways: codes.length,
      refused: await count("care.configuration_state where state = 'refused' and running = 0"),
      returned: await count("care.configuration_state where state = 'returned' and running = 0"),
      harmed,
      quarantined: await count('metering.quarantine'),
      secondsUntilAllSafe: Math.round(seconds * 10) / 10,
      rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  } finally {
    await Promise.all(fleet.map((gateway) => gateway.stop()));
    await ingest.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Past the server's checks: a dead address for a half; a model that is not there, and a text that is not the signed one, for the others. */
async function push(owner: Bed['owner']): Promise<void> {
  const dead = meterAt('M-', DEAD_PORT);
  await owner.query(
    `insert into care.configuration (gateway_id, version, body, digest, author, created_at)
     select id, 1, body, case when id % 4 = 1 then sha256('another text') else sha256(convert_to(body, 'UTF8')) end, 'load', now()
     from (select id, case id % 4
       when 0 then '{"meters":[{"code":"M-' || code || '","template":"no-such-model","connection":{"protocol":"opcua","endpointUrl":"opc.tcp://x","object":"o"}}]}'
       when 1 then '{"meters":[]}'
       else replace($1, '"M-"', '"M-' || code || '"') end as body from registry.gateway) g`,
    [JSON.stringify({ trialMs: TRIAL_MS, meters: [dead] })],
  );
}

function meterAt(code: string, port: number) {
  const connection = { protocol: 'modbus-tcp' as const, host: '127.0.0.1', port, unit: 1 };
  return { code, template: 'eastron-sdm630', intervalMs: INTERVAL_MS, connection };
}

function driverAt(port: number): MeterDriver {
  return {
    ...{ protocol: 'load', bus: 'load', open: async () => undefined, close: async () => undefined },
    read: async () =>
      port === DEAD_PORT
        ? { values: [], failures: [{ quantity: 'energy.import', code: 'read-timeout' }], withoutValue: [] }
        : { values: [{ quantity: 'energy.import', value: 12.5, quality: 0 }], failures: [], withoutValue: [] },
  };
}
