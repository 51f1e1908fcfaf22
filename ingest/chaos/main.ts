/**
 * Kills, stops and cuts everything around working gateways, and counts to the last reading.
 *
 *   npm run chaos -- [--minutes 10] [--seed N] [--gateways 24] [--rate 60] [--pause 60] [--keepalive 30] [--json]
 *
 * Ends with exit code 1 when a reading is missing, doubled or changed.
 */
import { parseArgs } from 'node:util';
import { balanced, runChaos } from './run.ts';

const HELP = `npm run chaos -- [--minutes 10] [--seed N] [--gateways 24] [--rate 60] [--pause 60] [--keepalive 30] [--json]

  --minutes    how long faults strike; each kind once at least
  --seed       repeats the order and the moments of a run; printed by each
  --gateways   half of them on the embedded broker, half on Mosquitto where it is installed
  --rate       batches of 20 readings a second, all gateways together
  --pause      seconds for which the database stands still
  --keepalive  of the gateways, seconds
  --json       the report as one JSON object, last line of standard output
`;
const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    gateways: { type: 'string', default: '24' },
    rate: { type: 'string', default: '60' },
    pause: { type: 'string', default: '60' },
    keepalive: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) process.stdout.write(HELP);
else {
  process.stdout.write(`seed ${flags.seed}\n`);
  const report = await runChaos({
    seed: Number(flags.seed),
    seconds: Number(flags.minutes) * 60,
    gateways: Number(flags.gateways),
    batchesPerSecond: Number(flags.rate),
    pauseMs: Number(flags.pause) * 1_000,
    keepaliveS: Number(flags.keepalive),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const ok = balanced(report);
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok, ...report })}\n`);
  else {
    const { faults, ...counts } = report;
    process.stdout.write(
      `${faults.length} faults. ${JSON.stringify(counts)}\n${ok ? 'Nothing lost, nothing doubled.' : 'THE BOOKS DIFFER.'}\n`,
    );
  }
  process.exitCode = ok ? 0 : 1;
}
