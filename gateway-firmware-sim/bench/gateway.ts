/**
 * `npm run bench:gateway -- [--json] [--only one-core,collector,outbox] [--seconds 30]`
 *
 * What one gateway must bear, on this machine: 500 devices every second on one core; 64 meters on two RS-485 buses at 9600
 * baud with and without dead slaves; an outbox that writes durably and finds ten million readings again. The last line is
 * JSON. Exit 1 when a figure is missed.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { benchCollector } from './collector.ts';
import { benchOneCore } from './one-core.ts';
import { benchOutbox } from './outbox.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'one-core,collector,outbox' },
    seconds: { type: 'string', default: '30' },
  },
});
const seconds = Number(values.seconds);
const BENCHES: Record<string, () => Promise<{ ok: boolean }>> = {
  'one-core': () => benchOneCore(seconds),
  collector: () => benchCollector(seconds),
  outbox: () => benchOutbox(),
};

const results: Record<string, { ok: boolean }> = {};
for (const name of values.only.split(',')) {
  const bench = BENCHES[name];
  if (!bench) throw new Error(`--only ${name}: choose from ${Object.keys(BENCHES).join(', ')}`);
  results[name] = await bench();
  if (!values.json) process.stdout.write(`${name} ${JSON.stringify(results[name], null, 2)}\n`);
}
const machine = { cores: cpus().length, cpu: cpus()[0]?.model, memoryGiB: Math.round(totalmem() / 1024 ** 3) };
process.stdout.write(`${JSON.stringify({ machine, ...results })}\n`);
if (Object.values(results).some(({ ok }) => !ok)) process.exitCode = 1;
