/**
 * Load on the HTTP door with the real k6, on a database and an ingest of its own; counts what is in the database afterwards.
 *
 *   npm run load:http -- [--gateways 40] [--seconds 20]
 *
 * Needs k6 (https://k6.io) on the PATH or in K6. Ends with exit code 1 when a threshold fails or a reading is missing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, withBed } from '../bench/bed.ts';
import { child, told } from '../bench/run.ts';

const { values: flags } = parseArgs({
  options: { gateways: { type: 'string', default: '40' }, seconds: { type: 'string', default: '20' } },
});
const gateways = Number(flags.gateways);

await withBed({ gateways, profiles: undefined }, async ({ url, owner }) => {
  const service = child('service.ts', [url, 'http']);
  const { doorPort } = await told<{ doorPort: number }>(service);
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-k6-'));
  try {
    const summary = join(folder, 'summary.json');
    const script = fileURLToPath(new URL('./http-ingest.k6.ts', import.meta.url));
    const flagsOfK6 = ['run', '--quiet', '--summary-export', summary, '-e', `URL=http://127.0.0.1:${doorPort}`];
    const settings = ['-e', `GATEWAYS=${gateways}`, '-e', `DURATION=${flags.seconds}s`];
    const k6 = spawn(process.env.K6 ?? 'k6', [...flagsOfK6, ...settings, script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = (await once(k6, 'exit')) as [number | null];
    const { metrics } = JSON.parse(readFileSync(summary, 'utf8')) as {
      metrics: Record<string, Record<string, number>>;
    };
    const { rows } = await owner.query<{ n: number }>('select count(*)::float8 as n from metering.reading');
    const stored = metrics.readings_stored?.count ?? 0;
    const found = rows[0]?.n ?? 0;
    const report = {
      machine: machine(),
      gateways,
      requests: metrics.http_reqs?.count,
      heldBack: metrics.requests_held_back?.count ?? 0,
      readingsAcknowledged: stored,
      readingsInDatabase: found,
      readingsPerSecond: Math.round(metrics.readings_stored?.rate ?? 0),
      p50Ms: Math.round(metrics.http_req_duration?.med ?? 0),
      p99Ms: Math.round(metrics.http_req_duration?.['p(99)'] ?? 0),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    // a request that k6 gave up at the end may have been stored without being answered
    process.exitCode = code === 0 && found >= stored ? 0 : 1;
  } finally {
    service.send('stop');
    await once(service, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
});
