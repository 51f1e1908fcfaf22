/**
 * k6: gateways that speak HTTP, one request under way each. Started by `npm run load:http`, which brings database and ingest and
 * counts afterwards; or by itself against a server whose gateways are registered as `ingest/bench/city.ts` does:
 *
 *   k6 run -e URL=http://HOST:PORT -e GATEWAYS=40 ingest/load/http-ingest.k6.ts
 */
import { check, sleep } from 'k6';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';

const GATEWAYS = Number(__ENV.GATEWAYS ?? 40);
const METERS = 12;
const POINTS = [
  'energy.import',
  'energy.export',
  'power',
  'voltage.a',
  'voltage.b',
  'voltage.c',
  'current.a',
  'frequency',
];
const START = Date.UTC(2026, 7, 1);
const MINUTE = 60_000;
const URL = `${__ENV.URL}/api/v1/ingest/readings`;

export const options: Options = {
  vus: GATEWAYS,
  duration: __ENV.DURATION ?? '20s',
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    http_req_duration: ['p(99)<2000'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

const stored = new Counter('readings_stored');
const heldBack = new Counter('requests_held_back');
http.setResponseCallback(http.expectedStatuses(200, 503));

/** One batch of 96 readings, all values of all meters of this gateway at the next minute. */
export default function send(): void {
  const gateway = exec.vu.idInTest - 1;
  const n = exec.vu.iterationInScenario;
  const code = `GW-${gateway}-X`;
  const readings = [];
  for (let meter = 1; meter <= METERS; meter += 1) {
    for (const p of POINTS) readings.push({ m: `${code}-${meter}`, p, t: START + n * MINUTE, x: n, q: 0 });
  }
  const batch = uuid(gateway, n);
  const body = JSON.stringify({ v: 1, batch, seq: n, sentAt: new Date().toISOString(), replay: false, readings });
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': batch,
    authorization: `Basic ${encoding.b64encode(`${code}:secret`)}`,
  };
  // 503 with Retry-After is how the door holds back those who are too many at once: the same batch again, as a gateway does
  let answer = http.post(URL, body, { headers });
  while (answer.status === 503 && answer.headers['Retry-After'] !== undefined) {
    heldBack.add(1);
    sleep(0.2 + Math.random() * 0.3);
    answer = http.post(URL, body, { headers });
  }
  const ok = check(answer, {
    '200 after the commit': ({ status }) => status === 200,
    'all of it stored': (response) => typeof response.body === 'string' && response.body.includes('"status":"stored"'),
  });
  if (ok) stored.add(readings.length);
}

/** RFC 9562 version 8: gateway and number say it all, so a run repeats its ids. */
function uuid(gateway: number, n: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(gateway, 8)}-0000-8000-8000-${hex(n, 12)}`;
}
