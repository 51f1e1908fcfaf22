import { cpus } from 'node:os';
import { withFilledApi } from './filled.ts';

/**
 * Round trips over HTTP on a filled database of its own (bench/city.sql), printed as a table.
 *
 *   node api/bench/latency.ts
 */
const CALLS = 200;
await withFilledApi(async ({ url, token }) => {
  const headers = { authorization: `Bearer ${token}` };
  const now = Date.now();
  const month = `from=${new Date(now - 30 * 86_400_000).toISOString()}&to=${new Date(now).toISOString()}`;
  const paths = [
    `/institutions/1/consumption?grain=hour&${month}`,
    `/institutions/1/consumption?grain=day&${month}`,
    '/institutions?limit=50',
    '/institutions?limit=50&sort=-today',
    '/institutions?metered=true&limit=1000',
    '/institutions/1',
    '/institutions/1/meters',
    '/gateways?limit=50',
    '/city',
    '/exports/quota-compliance?format=csv',
  ];
  process.stdout.write(`${cpus().length} x ${cpus()[0]?.model}, ${CALLS} calls each, one after another\n`);
  for (const path of paths) {
    const times: number[] = [];
    for (let i = 0; i < CALLS; i += 1) {
      const startedAt = performance.now();
      const answer = await fetch(`${url}/api/v1${path}`, { headers });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string => (times[Math.floor(CALLS * share)] ?? 0).toFixed(1).padStart(7);
    process.stdout.write(`p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  ${path.replace(month, '30 days')}\n`);
  }
});
