import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edit } from './edit.ts';
import { estimateSpan } from './estimate.ts';
import { bookLedger } from './ledger.ts';
import { ratioTimeline } from './ratio.ts';
import { reachOf } from './reach.ts';
import type { RegisterFacts, RegisterReading } from './register.ts';
import { USUAL_LIMITS } from './vee-rules.ts';
import { swappedWords } from './words.ts';

const START = Date.UTC(2026, 10, 22, 16);
const FACTS: RegisterFacts = { intervalS: 900, modulus: null, ratios: ratioTimeline([]) };
const QUARTER = 15 * MINUTE;

/** Registers a quarter of an hour apart. */
const quarters = (counts: readonly (number | bigint)[]): RegisterReading[] =>
  counts.map((value, i) => ({ ts: START + i * QUARTER, counts: BigInt(value) }));

/** What was decided, with the quarters it lies between. */
const decisions = (counts: readonly (number | bigint)[], facts: Partial<RegisterFacts> = {}) =>
  bookLedger(quarters(counts), { ...FACTS, ...facts }).decisions.map(
    ({ kind, effect, fromTs, toTs }) => `${(fromTs - START) / QUARTER}-${(toTs - START) / QUARTER} ${kind} ${effect}`,
  );

const steady = (from: number, steps: number, by = 10): number[] =>
  Array.from({ length: steps }, (_, i) => from + i * by);
const booked = (counts: readonly (number | bigint)[], facts: Partial<RegisterFacts> = {}) =>
  bookLedger(quarters(counts), { ...FACTS, ...facts }).hours.reduce((sum, hour) => sum + hour.counts, 0n);

test.each<[string, readonly (number | bigint)[], string[], Partial<RegisterFacts>?]>([
  ['a steady register', steady(100, 12), []],
  ['a spike', [100, 110, 2200, 130, 140], ['1-3 spike set-aside']],
  ['zeros of a restart', [500, 510, 0, 0, 0, 550, 560], ['1-5 transient-zero set-aside']],
  ['four zeros are no passing fault', [500, 510, 0, 0, 0, 0, 560, 570], ['1-2 reset disputed']],
  ['a low value', [500, 510, 300, 530], ['1-3 backward set-aside']],
  ['words swapped for a moment', [70_000, 70_010, swappedWords(70_020n) ?? 0n, 70_030], ['1-3 word-order set-aside']],
  ['neither of two that contradict each other', [100, 130, 120, 140], ['0-3 spike set-aside']],
  [
    'a zero where it could be a rollover',
    [950_000, 950_010, 0, 950_030],
    ['1-3 transient-zero set-aside'],
    { modulus: 1_000_000n },
  ],
  ['a rollover', [999_990, 999_995, 5, 15], ['1-2 rollover moved'], { modulus: 1_000_000n }],
  ['a reset', [...steady(5_000, 10), 4, ...steady(14, 8)], ['9-10 reset disputed']],
  ['another meter', [...steady(50_000, 10), 4_000, ...steady(4_010, 8)], ['9-10 replacement disputed']],
  ['a register that fell a little', [...steady(50_000, 10), 49_000, ...steady(49_010, 8)], ['9-10 backward disputed']],
  ['a jump beyond all pace', [...steady(100, 10), ...steady(900_000, 10)], ['9-10 implausible disputed']],
  ['a jump beyond the installation', [...steady(100, 3), 1_400], ['2-3 implausible disputed'], { maxPerHour: 2_000n }],
  ['a jump that the installation allows', [...steady(100, 3), 1_100], [], { maxPerHour: 2_000n }],
  ['a frozen display', [...steady(100, 10), ...Array(8).fill(190), ...steady(280, 10)], ['9-18 frozen set-aside']],
  [
    'a display that froze from one quiet evening into the next',
    [...steady(100, 10), ...Array(40).fill(190), ...steady(1_800, 10)],
    ['9-50 frozen set-aside'],
  ],
  [
    'a quiet night before a morning far beyond it',
    [...steady(100, 10), ...Array(40).fill(190), ...steady(5_000, 10)],
    ['49-50 implausible disputed'],
  ],
  [
    'a threshold of V4 that asks for a longer plateau',
    [...steady(100, 10), ...Array(8).fill(190), ...steady(280, 10)],
    [],
    { limits: [{ ...USUAL_LIMITS, frozenIntervals: 9 }] },
  ],
  [
    'a threshold of V2 that allows more, from its time on only',
    [...steady(100, 3), 1_120, 2_120, 3_120],
    ['2-3 implausible disputed'],
    {
      maxPerHour: 1_900n,
      limits: [USUAL_LIMITS, { ...USUAL_LIMITS, fromTs: START + 3 * QUARTER, timesMaximum: 2.2 }],
    },
  ],
  ['a meter at rest', [...steady(100, 10), ...Array(8).fill(190), ...steady(200, 10)], []],
  ['a tap opened after a quiet hour', [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 6, 7, 7, 8, 8], []],
])('%s', (_name, counts, expected, facts) => {
  expect(decisions(counts, facts)).toEqual(expected);
});

test('what passes by costs no energy; what a frozen display held back is a gap', () => {
  expect(booked([100, 110, 2200, 130, 140])).toBe(40n);
  const { hours, spans } = bookLedger(quarters([...steady(100, 10), ...Array(8).fill(190), ...steady(280, 10)]), FACTS);
  expect(spans).toMatchObject([{ class: 'undistributed', counts: 90n }]);
  expect(hours.reduce((sum, { counts }) => sum + counts, 0n)).toBe(180n);
});

test('garbage for a week makes its own energy disputed, and nothing else', () => {
  let seed = 7;
  const garbage = Array.from({ length: 672 }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 1_000_000;
  });
  const counts = [...steady(1_000, 20), ...garbage, ...steady(8_000, 20)];
  const { hours, spans } = bookLedger(quarters(counts), FACTS);
  const [from, to] = [START + 19 * QUARTER, START + 692 * QUARTER];
  const inside = hours.filter(({ hour }) => hour >= from && hour + HOUR <= to);
  const total = (list: readonly { counts: bigint }[]) => list.reduce((sum, { counts }) => sum + counts, 0n);
  // not one of the garbage's jumps of hundreds of thousands is booked
  expect(total(inside)).toBeLessThan(7_000n);
  expect(total(hours) + total(spans)).toBe(8_190n - 1_000n);
});

test("a person's edit goes before the classifier, and is named", () => {
  const edit = (verdict: Edit['verdict'], from: number, to: number): Partial<RegisterFacts> => ({
    edits: [{ id: 7, verdict, fromTs: START + from * QUARTER, toTs: START + to * QUARTER }],
  });
  const jump = [...steady(100, 10), ...steady(900_000, 10)];
  expect(decisions(jump, edit('book', 9, 10))).toEqual([]);
  expect(decisions(steady(100, 6), edit('dispute', 2, 3))).toEqual(['2-3 held disputed']);
  expect(decisions(steady(100, 6), edit('set-aside', 2, 3))).toEqual(['1-4 rejected set-aside']);
  expect(decisions([100, 110, 2200, 130], edit('accept', 2, 2))).toEqual(['2-3 replacement disputed']);
  const [rejected] = bookLedger(quarters(steady(100, 6)), { ...FACTS, ...edit('set-aside', 2, 3) }).decisions;
  expect(rejected?.evidence).toMatchObject({ edit: 7, readings: 2, first: '120', r0: '110', r1: '140' });
});

test('TV-11: an announced replacement with another ratio', () => {
  const readings = [
    { ts: START, counts: 5_420_050n },
    { ts: START + QUARTER, counts: 5_430_000n },
    { ts: START + 3 * QUARTER, counts: 1_000n },
    { ts: START + 4 * QUARTER, counts: 1_525n },
  ];
  const at = START + 2 * QUARTER;
  const { hours, spans, decisions } = bookLedger(readings, {
    ...FACTS,
    ratios: ratioTimeline([
      { fromTs: Number.NEGATIVE_INFINITY, ratio: 30n },
      { fromTs: at, ratio: 60n },
    ]),
    replacements: [{ ts: at, closing: 5_432_100n, opening: 0n }],
  });
  const energy = [...hours, ...spans].reduce((sum, { counts, ratio }) => sum + counts * ratio, 0n);
  expect(energy).toBe(453_000n);
  expect(spans.map((span) => span.class)).toEqual(['undistributed', 'undistributed']);
  expect(decisions).toMatchObject([
    { kind: 'replacement', effect: 'moved', evidence: { closing: '5432100', opening: '0' } },
  ]);
});

/** Registers with everything that happens to them, quarter by quarter. */
const eventful = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: 30 }).map((by) => ({ by })) },
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }).map((still) => ({ still })) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 5_000 }).map((shows) => ({ shows })) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000 }).map((resetTo) => ({ resetTo })) },
      { weight: 2, arbitrary: fc.integer({ min: 2, max: 40 }).map((gap) => ({ gap })) },
    ),
    { minLength: 150, maxLength: 260 },
  )
  .map((events) => {
    let ts = START;
    let register = 900;
    const readings: RegisterReading[] = [];
    const show = (counts: number) => {
      ts += QUARTER;
      readings.push({ ts, counts: BigInt(counts) });
    };
    const moveTo = (next: number) => {
      register = next;
      show(register);
    };
    for (const event of events) {
      if ('by' in event) moveTo(register + event.by);
      if ('still' in event) {
        for (let i = 0; i < event.still; i += 1) show(register);
        moveTo(register + event.still * 15);
      }
      if ('shows' in event) show(event.shows);
      if ('resetTo' in event) moveTo(event.resetTo);
      if ('gap' in event) {
        ts += event.gap * QUARTER;
        moveTo(register + event.gap * 10);
      }
    }
    return readings;
  });

test('a part of a register, with enough around it, comes out as in the whole', () => {
  fc.assert(
    fc.property(eventful, fc.nat(), fc.integer({ min: 30, max: 120 }), (readings, changed, margin) => {
      const i = changed % readings.length;
      const from = Math.max(0, i - margin);
      const to = Math.min(readings.length, i + margin + 1);
      const part = readings.slice(from, to);
      const ts = readings[i]?.ts ?? 0;
      const ledger = bookLedger(part, FACTS);
      const reach = reachOf(ledger, { fromTs: ts, toTs: ts, isStart: from === 0, isEnd: to === readings.length });
      if (!reach) return;
      const whole = bookLedger(readings, FACTS);
      const starts = ({ fromTs }: { fromTs: number }) => fromTs >= reach.stepFrom && fromTs < reach.stepTo;
      const lies = ({ hour }: { hour: number }) => hour >= reach.hourFrom && hour < reach.hourTo;
      expect(ledger.decisions.filter(starts)).toEqual(whole.decisions.filter(starts));
      expect(ledger.spans.filter(starts)).toEqual(whole.spans.filter(starts));
      expect(ledger.hours.filter(lies)).toEqual(whole.hours.filter(lies));
    }),
    { numRuns: 300 },
  );
});

test('a changed reading changes nothing beyond its reach', () => {
  fc.assert(
    fc.property(eventful, fc.nat(), fc.integer({ min: 0, max: 6_000 }), (readings, changed, shows) => {
      const i = changed % readings.length;
      const ts = readings[i]?.ts ?? 0;
      const other = readings.map((reading) => (reading.ts === ts ? { ts, counts: BigInt(shows) } : reading));
      const [before, after] = [bookLedger(readings, FACTS), bookLedger(other, FACTS)];
      const reach = reachOf(after, { fromTs: ts, toTs: ts, isStart: true, isEnd: true });
      const beyond = ({ fromTs }: { fromTs: number }) => !reach || fromTs < reach.stepFrom || fromTs >= reach.stepTo;
      expect(after.decisions.filter(beyond)).toEqual(before.decisions.filter(beyond));
      expect(after.spans.filter(beyond)).toEqual(before.spans.filter(beyond));
    }),
    { numRuns: 300 },
  );
});

test('an estimate sums to its span, whatever is known', () => {
  const known = fc.array(fc.tuple(fc.integer({ min: -600, max: -1 }), fc.bigInt({ min: 0n, max: 500n })));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 32 * DAY }),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      known,
      (lengthMs, counts, list) => {
        const hours = new Map(list.map(([i, value]) => [START + i * HOUR, value]));
        const estimate = estimateSpan(
          { fromTs: START, toTs: START + lengthMs, counts },
          { known: hours, isWorkday: () => true },
        );
        if (lengthMs > 31 * DAY) {
          expect(estimate).toBeUndefined();
          return;
        }
        expect(estimate?.hours.reduce((sum, hour) => sum + hour.counts, 0n)).toBe(counts);
        expect(estimate?.hours.every((hour) => hour.counts >= 0n)).toBe(true);
      },
    ),
  );
});

test('a long gap takes the shape of like days, workdays from workdays', () => {
  const isWorkday = (ts: number) => ts !== START - DAY && Math.floor((ts - START) / DAY) !== -1;
  const known = new Map(
    Array.from({ length: 96 }, (_, i): [number, bigint] => {
      const hour = START - (i + 1) * HOUR;
      const isNight = ((hour - START + 100 * DAY) % DAY) / HOUR < 6;
      return [hour, isWorkday(hour) ? (isNight ? 10n : 30n) : 1n];
    }),
  );
  const estimate = estimateSpan({ fromTs: START, toTs: START + 12 * HOUR, counts: 240n }, { known, isWorkday });
  expect(estimate?.method).toBe('like-day');
  expect(estimate?.hours.map(({ counts }) => counts)).toEqual([...Array(6).fill(10n), ...Array(6).fill(30n)]);
});
