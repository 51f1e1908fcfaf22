import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { withFilledApi } from './filled.ts';
import { quantile } from './load.ts';

/**
 * Reads over a whole metered city and over one of its divisions, one call after another: 1,960 institutions, 3,920 main
 * meters, the days of this year (totals.sql). Says what it does on standard error; the last line of output is JSON.
 *
 *   node api/bench/totals.ts [--calls 10]
 */
const { values } = parseArgs({
  options: { calls: { type: 'string', default: '10' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  process.stdout.write('node api/bench/totals.ts [--calls N]\n');
  process.exit(0);
}
const calls = Number(values.calls);
// institution 7 lies in the division of the second user
const paths = ['/indicator-totals', '/institutions?limit=50', '/city', '/institutions/7/balances'];
await withFilledApi(async ({ url, tokenOf }) => {
  process.stderr.write(`${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB\n`);
  const results = [];
  for (const login of ['city', 'division']) {
    const headers = { authorization: `Bearer ${await tokenOf(login)}` };
    for (const path of paths) {
      const millis: number[] = [];
      for (let i = 0; i < calls; i += 1) {
        const startedAt = performance.now();
        const answer = await fetch(`${url}/api/v1${path}`, { headers });
        await answer.arrayBuffer();
        millis.push(performance.now() - startedAt);
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      }
      millis.sort((a, b) => a - b);
      const result = { scope: login, path, p50Ms: quantile(millis, 0.5), maxMs: quantile(millis, 1) };
      process.stderr.write(
        `${login} ${path}: p50 ${result.p50Ms.toFixed(0)} ms, longest ${result.maxMs.toFixed(0)} ms\n`,
      );
      results.push(result);
    }
  }
  process.stdout.write(`${JSON.stringify({ institutions: 1960, meters: 3920, calls, results })}\n`);
}, 'totals.sql');
