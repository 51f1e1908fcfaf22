/**
 * Load on the API with the real k6, on a filled database of its own (bench/city.sql).
 *
 *   npm run load:api -- [--users 20] [--seconds 20]
 *
 * Needs k6 (https://k6.io) on the PATH or in K6. Ends with k6's exit code: 99 when a threshold failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withFilledApi } from '../bench/filled.ts';

const { values: flags } = parseArgs({
  options: { users: { type: 'string', default: '20' }, seconds: { type: 'string', default: '20' } },
});
await withFilledApi(async ({ url, token }) => {
  const script = fileURLToPath(new URL('./api.k6.ts', import.meta.url));
  const settings = { URL: url, TOKEN: token, USERS: flags.users, DURATION: `${flags.seconds}s` };
  const env = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const k6 = spawn(process.env.K6 ?? 'k6', ['run', '--quiet', ...env, script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(k6, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
});
