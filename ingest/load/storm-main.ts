/**
 * A city's gateways lose their connections at once and come back at once.
 *
 *   npm run load:storm -- [--gateways 2000] [--within 5] [--rounds 2] [--json]
 *
 * Ends with exit code 1 when a reading is missing, doubled or changed.
 */
import { parseArgs } from 'node:util';
import { machine } from '../bench/bed.ts';
import { balanced } from '../chaos/run.ts';
import { runStorm } from './storm.ts';

const { values: flags } = parseArgs({
  options: {
    gateways: { type: 'string', default: '2000' },
    within: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write('npm run load:storm -- [--gateways 2000] [--within SECONDS] [--rounds 2] [--json]\n');
} else {
  const report = await runStorm({
    gateways: Number(flags.gateways),
    withinMs: Number(flags.within) * 1_000,
    rounds: Number(flags.rounds),
  });
  const ok = balanced(report);
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok, machine: machine(), ...report })}\n`);
  else {
    for (const [name, value] of Object.entries(report)) process.stdout.write(`  ${name.padEnd(18)} ${value}\n`);
    process.stdout.write(ok ? 'Nothing lost, nothing doubled.\n' : 'THE BOOKS DIFFER.\n');
  }
  process.exitCode = ok ? 0 : 1;
}
