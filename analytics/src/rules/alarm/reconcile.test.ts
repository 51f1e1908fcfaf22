import { DAY, HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { atMeter, FINDING_KINDS, type Finding, type FindingKind } from '../detect/finding.ts';
import { type Change, type KnownAlarm, type Look, reconcile } from './reconcile.ts';

const NOW = Date.parse('2026-11-24T06:00:00+08:00');
const look = (over: Partial<Look> = {}): Look => ({
  nowMs: NOW,
  fromMs: NOW - 42 * DAY,
  kinds: new Set(FINDING_KINDS),
  absent: 'unfounded',
  ...over,
});
const found = (kind: FindingKind, fromMs: number, toMs?: number, meterId = 1): Finding =>
  atMeter(meterId, { kind, fromMs, toMs, evidence: {} });
const known = (over: Partial<KnownAlarm> = {}): KnownAlarm => ({
  id: 1n,
  kind: 'leak',
  unit: 'meter/1',
  fromMs: NOW - 5 * DAY,
  toMs: undefined,
  state: 'open',
  outcome: undefined,
  resolvedMs: undefined,
  meterIds: [1],
  ...over,
});
const told = (changes: readonly Change[]) =>
  changes.map((change) => {
    if (change.does === 'open') return `open ${change.state}`;
    if (change.does === 'confirm') return `confirm ${change.outcome}: ${change.reason}`;
    return change.does === 'reopen' ? `reopen: ${change.reason}` : change.does;
  });

const SINCE = NOW - 5 * DAY;
test.each<[string, KnownAlarm[], Finding[], string[]]>([
  ['a new one', [], [found('leak', SINCE)], ['open open']],
  ['one that was over before anybody looked', [], [found('leak', SINCE, NOW - DAY)], ['open confirmed']],
  ['still there', [known()], [found('leak', SINCE)], ['update']],
  ['over by the data alone', [known()], [found('leak', SINCE, NOW - HOUR)], ['confirm over: ended']],
  [
    'said to be done, and the data agree',
    [known({ state: 'resolved', resolvedMs: NOW - DAY })],
    [found('leak', SINCE, NOW - DAY)],
    ['confirm over: ended'],
  ],
  [
    'said to be done yesterday: the data get three nights',
    [known({ state: 'resolved', resolvedMs: NOW - DAY })],
    [found('leak', SINCE)],
    ['update'],
  ],
  [
    'said to be done, and four days later still there',
    [known({ state: 'resolved', resolvedMs: NOW - 4 * DAY })],
    [found('leak', SINCE)],
    ['reopen: still-found'],
  ],
  ['taken back by late data', [known()], [], ['confirm unfounded: taken-back']],
  ['began before what was read', [known({ fromMs: NOW - 50 * DAY })], [], []],
  [
    'again within two days: the same alarm',
    [known({ state: 'confirmed', outcome: 'over', toMs: NOW - 30 * HOUR })],
    [found('leak', NOW - 5 * HOUR)],
    ['reopen: found-again'],
  ],
  [
    'again after two days: another one',
    [known({ state: 'confirmed', outcome: 'over', toMs: NOW - 60 * HOUR })],
    [found('leak', NOW - 5 * HOUR)],
    ['open open'],
  ],
  [
    'closed and found as it was: nothing',
    [known({ state: 'confirmed', outcome: 'over', toMs: NOW - DAY })],
    [found('leak', SINCE, NOW - DAY)],
    [],
  ],
  ['another unit', [known()], [found('leak', SINCE), found('leak', SINCE, undefined, 2)], ['update', 'open open']],
  [
    'two stretches a day apart are one',
    [],
    [found('off-hours', SINCE, SINCE + DAY), found('ac-left-on', SINCE + 2 * DAY)],
    ['open open'],
  ],
  [
    'a reset waits for its record, not for its end',
    [known({ kind: 'reset', toMs: SINCE + HOUR })],
    [found('reset', SINCE, SINCE + HOUR)],
    ['update'],
  ],
  ['a reset put on record', [known({ kind: 'reset', toMs: SINCE + HOUR })], [], ['confirm over: corrected']],
  ['no data, and then no answer: the same silence', [known({ kind: 'gap' })], [found('dead-slave', SINCE)], ['update']],
])('%s', (_, alarms, findings, expected) => {
  expect(told(reconcile(alarms, findings, look()))).toEqual(expected);
});

test('a larger cause takes in what lies below it, and gives back what does not return', () => {
  const gateway: Finding = {
    kind: 'gateway-outage',
    unitKind: 'gateway',
    unit: 'gateway/4',
    meterIds: [1, 2, 3],
    fromMs: SINCE,
    toMs: undefined,
    evidence: {},
  };
  const meter = known({ kind: 'gap' });
  const live = look({ absent: 'over', kinds: new Set(['gap', 'gateway-outage']) });
  const folded = reconcile([meter], [gateway], live);
  expect(told(folded)).toEqual(['open open', 'confirm folded: same-cause']);
  expect(folded[1]).toMatchObject({ cause: { unit: 'gateway/4' } });

  const cause = known({ id: 2n, kind: 'gateway-outage', unit: 'gateway/4', meterIds: [1, 2, 3] });
  const inside = known({ kind: 'gap', state: 'confirmed', outcome: 'folded', toMs: NOW - HOUR });
  expect(told(reconcile([inside, cause], [found('gap', SINCE)], live))).toEqual([
    'reopen: part-returned',
    'confirm over: part-returned',
  ]);
  expect(told(reconcile([cause], [], live))).toEqual(['confirm over: ended']);
});

test('a look closes nothing of kinds that it did not look for', () => {
  expect(reconcile([known({ kind: 'gap' })], [], look({ kinds: new Set(['leak']) }))).toEqual([]);
});
