import { HOUR, MINUTE, parseInstant } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { bookLedger, type Ledger } from './ledger.ts';
import { ratioTimeline } from './ratio.ts';
import type { RegisterFacts, RegisterReading } from './register.ts';

const at = (clock: string): number => parseInstant(`2026-11-23T${clock}+08:00`) ?? Number.NaN;
const clockOf = (ts: number): string => new Date(ts + 8 * HOUR).toISOString().slice(11, 16);

const FACTS: RegisterFacts = { intervalS: 900, modulus: null, ratios: ratioTimeline([]) };

/** A timeline as a person would note it: `08:00 100`, one reading a line. */
const timeline = (text: string): RegisterReading[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [clock = '', counts = ''] = line.trim().split(/\s+/);
      return { ts: at(clock), counts: BigInt(counts) };
    });

/** The ledger as lines: `08:00 +40 x1 3600 s`, `09:30-10:30 +7 x1 undistributed gap`. */
const lines = ({ hours, spans }: Ledger): string[] => [
  ...hours.map((h) => `${clockOf(h.hour)} +${h.counts} x${h.ratio} ${h.coveredS} s`),
  ...spans.map((s) => `${clockOf(s.fromTs)}-${clockOf(s.toTs)} ${s.counts} x${s.ratio} ${s.class} ${s.evidence.kind}`),
];

const book = (text: string, facts: Partial<RegisterFacts> = {}) =>
  lines(bookLedger(timeline(text), { ...FACTS, ...facts }));

test('one reading moves nothing', () => {
  expect(book('08:00 100')).toEqual([]);
  expect(bookLedger([], FACTS)).toEqual({ hours: [], spans: [], decisions: [], chain: [] });
});

test('a full hour at the expected interval', () => {
  expect(
    book(`08:00 100
          08:15 110
          08:30 120
          08:45 130
          09:00 140`),
  ).toEqual(['08:00 +40 x1 3600 s']);
});

test('the register is interpolated at the hour, and the remainder is not lost', () => {
  expect(
    book(`08:50 100
          09:05 110
          09:20 110`),
  ).toEqual(['08:00 +7 x1 600 s', '09:00 +3 x1 1200 s']);
});

test('no movement is a measured zero, not an absence', () => {
  expect(
    book(`08:00 100
          08:15 100`),
  ).toEqual(['08:00 +0 x1 900 s']);
});

test('a long silence is one span; its hours have no row', () => {
  expect(
    book(`07:45 100
          08:00 110
          12:00 210
          12:15 220`),
  ).toEqual(['07:00 +10 x1 900 s', '12:00 +10 x1 900 s', '08:00-12:00 100 x1 undistributed gap']);
});

test('a silence inside one hour stays a silence', () => {
  expect(
    book(`08:00 100
          08:40 110`),
  ).toEqual(['08:00-08:40 10 x1 undistributed gap']);
});

test('a step of exactly 30 minutes is booked, a millisecond more is a gap', () => {
  const from = { ts: at('08:00'), counts: 0n };
  const booked = bookLedger([from, { ts: from.ts + 30 * MINUTE, counts: 9n }], FACTS);
  const gap = bookLedger([from, { ts: from.ts + 30 * MINUTE + 1, counts: 9n }], FACTS);
  expect([booked.hours.length, booked.spans.length]).toEqual([1, 0]);
  expect([gap.hours.length, gap.spans.length]).toEqual([0, 1]);
});

test('a late value bears out one interval only', () => {
  // 30 minutes at an interval of 15: booked, but half of it was not observed; spread over both hours
  expect(
    book(`08:45 100
          09:15 130`),
  ).toEqual(['08:00 +15 x1 450 s', '09:00 +15 x1 450 s']);
  // 22.5 minutes are within the tolerance of 1.5 intervals
  expect(
    lines(
      bookLedger(
        [
          { ts: at('08:00'), counts: 0n },
          { ts: at('08:00') + 22.5 * MINUTE, counts: 3n },
        ],
        FACTS,
      ),
    ),
  ).toEqual(['08:00 +3 x1 1350 s']);
});

test('a meter read every two hours is judged by its own interval', () => {
  expect(
    book(
      `06:00 0
       08:00 200
       11:00 500
       15:00 900`,
      { intervalS: 7200 },
    ),
  ).toEqual([
    '06:00 +100 x1 3600 s',
    '07:00 +100 x1 3600 s',
    '08:00 +100 x1 3600 s',
    '09:00 +100 x1 3600 s',
    '10:00 +100 x1 3600 s',
    '11:00-15:00 400 x1 undistributed gap',
  ]);
});

test('sub-second jitter still fills the hour: exactly 3600', () => {
  const readings = Array.from({ length: 62 }, (_, i) => ({
    ts: at('07:59') + i * MINUTE + ((i * 7919) % 999),
    counts: BigInt(i),
  }));
  const full = bookLedger(readings, { ...FACTS, intervalS: 60 }).hours.find(({ hour }) => hour === at('08:00'));
  expect(full?.coveredS).toBe(3600);
});

test('TV-09: a rollover is forward movement', () => {
  const facts = { modulus: 100_000_000n };
  expect(
    book(
      `08:00 99999025
       08:15 1250`,
      facts,
    ),
  ).toEqual(['08:00 +2225 x1 900 s']);
  const inGap = bookLedger(
    timeline(`08:00 99999025
              20:00 1250`),
    { ...FACTS, ...facts },
  );
  expect(inGap.spans).toMatchObject([{ class: 'undistributed', counts: 2225n, evidence: { modulus: '100000000' } }]);
});

test.each([
  ['no modulus is known', '999990', null],
  ['it fell from below the last tenth', '900000', 1_000_000n],
  ['it fell from above the range', '1000001', 1_000_000n],
])('a register that went back is disputed: %s', (_name, before, modulus) => {
  expect(
    book(
      `08:00 ${before}
       08:15 50`,
      { modulus },
    ),
  ).toEqual([`08:00-08:15 ${50n - BigInt(before)} x1 disputed replacement`]);
});

test('a fall that ends above the first tenth is not a rollover', () => {
  expect(
    book(
      `08:00 990000
       08:15 100000`,
      { modulus: 1_000_000n },
    ),
  ).toEqual(['08:00-08:15 -890000 x1 disputed replacement']);
});

test('evidence carries both registers and their times', () => {
  const { spans } = bookLedger(
    timeline(`08:00 500
              08:15 20`),
    FACTS,
  );
  expect(spans[0]?.evidence).toEqual({
    kind: 'replacement',
    r0: '500',
    r1: '20',
    t0: '2026-11-23T08:00:00.000+08:00',
    t1: '2026-11-23T08:15:00.000+08:00',
  });
});

test('TV-10: the ratio multiplies late', () => {
  const { hours } = bookLedger(
    timeline(`08:00 120006
              08:15 123456`),
    { ...FACTS, ratios: ratioTimeline([{ fromTs: Number.NEGATIVE_INFINITY, ratio: 40n }]) },
  );
  expect(hours.map(({ counts, ratio }) => counts * ratio)).toEqual([138_000n]);
});

const replaced = (time: string) =>
  ratioTimeline([
    { fromTs: Number.NEGATIVE_INFINITY, ratio: 30n },
    { fromTs: at(time), ratio: 60n },
  ]);

test('TV-11: a meter and its ratio replaced at the hour', () => {
  const { hours, spans } = bookLedger(
    timeline(`08:30 5420050
              09:00 5432100
              09:01 0
              09:30 1525`),
    { ...FACTS, ratios: replaced('09:00') },
  );
  expect(hours.reduce((sum, { counts, ratio }) => sum + counts * ratio, 0n)).toBe(453_000n);
  // the change of registers itself is for a person to confirm; nothing of it is booked or zeroed
  expect(spans).toMatchObject([{ class: 'disputed', counts: -5_432_100n, evidence: { kind: 'reset' } }]);
});

test('TV-11 in the middle of an hour: what moved before the change is a span of the hour, at its own ratio', () => {
  const { hours, spans } = bookLedger(
    timeline(`09:00 5420050
              09:30 5432100
              09:31 0
              10:00 1525`),
    { ...FACTS, ratios: replaced('09:30') },
  );
  const energy = [...hours, ...spans.filter((span) => span.class === 'undistributed')];
  expect(energy.reduce((sum, { counts, ratio }) => sum + counts * ratio, 0n)).toBe(453_000n);
  expect(spans.map((span) => [span.class, span.ratio, span.evidence.kind])).toEqual([
    ['undistributed', 30n, 'ratio-change'],
    ['disputed', 60n, 'reset'],
  ]);
  expect(spans[0]?.evidence.changes).toEqual([{ at: '2026-11-23T09:30:00.000+08:00', ratio: '60' }]);
});

test('a change of ratio inside a step cuts it like an hour does', () => {
  expect(
    book(
      `08:55 0
       09:10 150
       09:25 300`,
      { ratios: replaced('09:04') },
    ),
  ).toEqual(['08:00 +50 x30 300 s', '09:00 +210 x60 1260 s', '09:00-09:04 40 x30 undistributed ratio-change']);
});

test('a change of ratio inside a gap leaves the energy open', () => {
  expect(
    book(
      `08:00 0
       12:00 400`,
      { ratios: replaced('10:00') },
    ),
  ).toEqual(['08:00-12:00 400 x30 disputed ratio-change-in-gap']);
});

test('an hour is as good as the worst register behind it', () => {
  const [first, second, third] = timeline(`08:00 0
                                           08:15 10
                                           08:30 20`);
  const sources = (...readings: (RegisterReading | undefined)[]) =>
    bookLedger(
      readings.flatMap((reading) => reading ?? []),
      FACTS,
    ).hours.map(({ source }) => source);
  expect(sources(first, second, third)).toEqual(['measured']);
  expect(sources(first, second && { ...second, source: 'manual' }, third)).toEqual(['manual']);
  expect(sources(first && { ...first, source: 'estimated' }, second, third && { ...third, source: 'manual' })).toEqual([
    'estimated',
  ]);
});

test('readings out of order are refused', () => {
  const [first, second] = timeline(`08:00 0
                                    08:15 10`);
  expect(() =>
    bookLedger(
      [second, first].flatMap((reading) => reading ?? []),
      FACTS,
    ),
  ).toThrow(RangeError);
});
