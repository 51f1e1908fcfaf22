/**
 * k6: people who look at the page, each with the calls that its polling makes. Started by `npm run load:api`, which brings a filled
 * database and the service; or by itself:
 *
 *   k6 run -e URL=http://HOST:PORT -e TOKEN=… api/load/api.k6.ts
 */
import { check, sleep } from 'k6';
import http from 'k6/http';
import type { Options } from 'k6/options';

const DAY = 86_400_000;
const BASE = `${__ENV.URL}/api/v1`;

export const options: Options = {
  vus: Number(__ENV.USERS ?? 20),
  duration: __ENV.DURATION ?? '20s',
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    // the goal of `npm run bench:api`: an aggregate within 300 ms, lists and details within 50 ms
    'http_req_duration{call:city}': ['p(95)<300'],
    'http_req_duration{call:institutions}': ['p(99)<50'],
    'http_req_duration{call:month}': ['p(99)<50'],
    'http_req_duration{call:gateways}': ['p(99)<50'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

/** The page's polls of one person: the city, the list, one institution's month, the fleet; a second of reading between. */
export default function look(): void {
  const now = Date.now();
  const month = `from=${new Date(now - 30 * DAY).toISOString()}&to=${new Date(now).toISOString()}`;
  const calls: Record<string, string> = {
    city: '/city',
    institutions: '/institutions?limit=50',
    month: `/institutions/1/consumption?grain=day&${month}`,
    gateways: '/gateways?limit=50',
  };
  for (const [call, path] of Object.entries(calls)) {
    const answer = http.get(`${BASE}${path}`, {
      headers: { authorization: `Bearer ${__ENV.TOKEN}` },
      tags: { call, name: call },
    });
    check(answer, { '200': ({ status }) => status === 200 });
  }
  sleep(1);
}
