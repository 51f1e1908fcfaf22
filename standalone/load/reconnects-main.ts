/**
 * `npm run load:reconnects -- [--rounds 10000] [--restart-every 500]`: one gateway loses its connection to the embedded broker again and
 * again. Last line JSON; exit 1 when sockets, timers, listeners or memory grow.
 */
import { parseArgs } from 'node:util';
import { tokenOf, withBed } from './bed.ts';
import { leaksOf, reconnect } from './reconnects.ts';

/** Caches, compiled code and twenty restarts of ingest; a connection that were kept (some kilobytes) would be far more. */
const HEAP_ALLOWANCE_KIB = 6_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10000' },
    'restart-every': { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write('npm run load:reconnects -- [--rounds 10000] [--restart-every 500]\n');
else {
  const report = await withBed(1, ({ urlFor, codes: [code = ''] }) =>
    reconnect({
      databaseUrl: urlFor('ganzhi_ingest'),
      gateway: { code, token: tokenOf(code) },
      rounds: Number(values.rounds),
      restartEvery: Number(values['restart-every']),
    }),
  );
  const leaks = leaksOf(report, HEAP_ALLOWANCE_KIB);
  process.stdout.write(`${JSON.stringify({ ok: leaks.length === 0, leaks, ...report })}\n`);
  process.exitCode = leaks.length === 0 ? 0 : 1;
}
