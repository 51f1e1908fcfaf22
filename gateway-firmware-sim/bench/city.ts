/**
 * `node gateway-firmware-sim/bench/city.ts [--days 1] [--institutions 1960] [--faults default] [--sockets 0] [--json]`
 *
 * The whole city as an operator would run it: `ganzhi simulate --days` with an embedded database (fsync on) and a broker of its
 * own. Prints what was sent, what was stored, the wall time against 60 times real time, and the machine. Exit 1 when the
 * time is missed or a reading is missing.
 */
import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const WANTED_TIMES_REAL_TIME = 60;
const ENTRY = fileURLToPath(new URL('../../standalone/bin/ganzhi.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '1' },
    institutions: { type: 'string', default: '1960' },
    faults: { type: 'string', default: 'default' },
    sockets: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});

interface Report {
  readings: number;
  storedSeconds: number;
  timesRealTime: number;
  stored: { readings: number; quarantined: number };
}

const { days, institutions, faults, sockets } = values;
const child = spawn(
  process.execPath,
  [
    ...[ENTRY, 'simulate', '--no-ledger', '--json'],
    ...['--days', days, '--institutions', institutions, '--faults', faults, '--sockets', sockets],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DATABASE_URL: '' } },
);
const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
const output = await text(child.stdout);
if ((await ended) !== 0) process.exit(1);

const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Report;
const { readings, storedSeconds, timesRealTime, stored } = report;
const figures = {
  machine: { cores: cpus().length, cpu: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 1024 ** 3) },
  ...report,
  readingsPerSecond: Math.round(stored.readings / storedSeconds),
  wanted: { timesRealTime: WANTED_TIMES_REAL_TIME, seconds: (Number(days) * 86_400) / WANTED_TIMES_REAL_TIME },
};
process.stdout.write(`${JSON.stringify(figures, null, values.json ? 0 : 2)}\n`);
// What was sent twice is stored once; without faults nothing is.
const complete = faults === 'none' ? stored.readings === readings : stored.readings <= readings;
if (!complete || stored.quarantined > 0 || timesRealTime < WANTED_TIMES_REAL_TIME) process.exitCode = 1;
