import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { openSession } from '../src/auth/session.ts';
import { importSeconds } from './import.ts';
import { quantile, runLoad } from './load.ts';
import { processorSeconds } from './processor.ts';
import { rowSecurityCost } from './row-security.ts';

/**
 * The whole city's registry under load: 1,960 institutions, 23,500 meters, 500 people with scopes (registry.sql).
 *
 *   npm run bench:api -- [--json] [--rate 500] [--seconds 20]
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write('npm run bench:api -- [--json] [--rate REQUESTS_A_SECOND] [--seconds N]\n');
  process.exit(0);
}
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
chmodSync(folder, 0o755);
const database = await startEmbedded({ dataDir: folder });
try {
  await migrate(database.adminUrl);
  const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner', max: 1 });
  say(`${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB; filling the city`);
  await owner.query(readFileSync(new URL('./registry.sql', import.meta.url), 'utf8'));
  await owner.query('analyze');
  const { rows: users } = await owner.query<{ id: number; ids: number[]; city: boolean }>(
    `select u.id, bool_or(a.whole_city) as city, (array_agg(a.institution_ids[1]))[1:1] as ids
     from platform.app_user u join platform.assignment a on a.user_id = u.id where u.login like 'u%' group by u.id order by u.id`,
  );
  const { rows: own } = await owner.query<{ user_id: number; id: number }>(
    `select a.user_id, min(i.id) as id from platform.assignment a join registry.institution i
       on a.whole_city or i.division_code = a.division_code or i.line_code = a.line_code or i.id = any(a.institution_ids)
     group by a.user_id`,
  );
  const institutionOf = new Map(own.map((row) => [row.user_id, row.id]));
  const tokens = await Promise.all(
    users.map(async (user) => ({
      token: (await openSession(owner, user.id, Date.now())).token,
      institution: institutionOf.get(user.id) ?? 0,
    })),
  );
  const service = fork(new URL('./serve.ts', import.meta.url), {
    env: { ...process.env, DATABASE_URL: database.urlFor('ganzhi_api') },
  });
  const [{ url }] = (await once(service, 'message')) as [{ url: string }];

  const rate = Number(values.rate);
  const kinds = {
    list: () => '/institutions?limit=20',
    search: (i: number) => `/institutions?limit=20&search=${encodeURIComponent(`机构${i % 196}`)}`,
    detail: (i: number) => `/institutions/${tokens[i % tokens.length]?.institution}`,
    meters: (i: number) => `/institutions/${tokens[i % tokens.length]?.institution}/meters`,
  };
  const makers = Object.values(kinds);
  const next = (i: number) => ({
    path: makers[i % makers.length]?.(i) ?? '',
    token: tokens[i % tokens.length]?.token ?? '',
  });
  say('warming up');
  await runLoad(url, next, 100, 3);
  say(`${rate} requests a second for ${values.seconds} s: list, search, detail, meters of an institution in turn`);
  const usedSeconds = () => ({
    api: processorSeconds(service.pid ?? 0),
    database: processorSeconds(database.pid),
    generator: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  });
  const before = usedSeconds();
  const load = await runLoad(url, next, rate, Number(values.seconds));
  const after = usedSeconds();
  const millisPerRequest = (who: keyof typeof after) => ((after[who] - before[who]) * 1_000) / load.millis.length;
  const cityToken = tokens[users.findIndex((user) => user.city)]?.token ?? '';
  const divisionToken = tokens[users.findIndex((user) => user.id % 10 === 1)]?.token ?? '';
  const one = (path: string, token: string) => runLoad(url, () => ({ path, token }), 2, 10);
  const city = await one('/city', cityToken);
  const division = await one('/city', divisionToken);
  const imported = await importSeconds(url, cityToken, owner);
  service.send('report');
  const [report] = (await once(service, 'message')) as [{ rssMb: number; cpuSeconds: number }];
  service.disconnect();
  await once(service, 'exit');

  const api = await openDatabase({ url: database.urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1, claims: 'none' });
  const security = await rowSecurityCost(api, owner, users.find((user) => user.city)?.id ?? 0);
  await api.end();
  await owner.end();
  const result = {
    requestsPerSecond: load.perSecond,
    failures: load.failures.length,
    p50Ms: quantile(load.millis, 0.5),
    p95Ms: quantile(load.millis, 0.95),
    p99Ms: quantile(load.millis, 0.99),
    // the three share the machine's processors
    cpuMsPerRequest: {
      api: millisPerRequest('api'),
      database: millisPerRequest('database'),
      generator: millisPerRequest('generator'),
    },
    cityAggregateP95Ms: quantile(city.millis, 0.95),
    divisionAggregateP95Ms: quantile(division.millis, 0.95),
    ...imported,
    rowSecurity: security,
    api: report,
  };
  for (const failure of new Set(load.failures.slice(0, 5))) say(failure);
  say(
    `p50 ${result.p50Ms.toFixed(1)} ms, p95 ${result.p95Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms, ${result.failures} failures`,
  );
  const { cpuMsPerRequest: cpu } = result;
  say(
    `processor time a request: api ${cpu.api.toFixed(2)} ms, database ${cpu.database.toFixed(2)} ms, generator ${cpu.generator.toFixed(2)} ms`,
  );
  say(
    `aggregate p95: city ${result.cityAggregateP95Ms.toFixed(0)} ms, one division ${result.divisionAggregateP95Ms.toFixed(0)} ms`,
  );
  for (const { list, withMs, withoutMs, percent } of security) {
    say(`row security, ${list}: ${withoutMs.toFixed(2)} -> ${withMs.toFixed(2)} ms (${percent.toFixed(0)} %)`);
  }
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : '');
} finally {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
