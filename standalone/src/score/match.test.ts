import { HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type FoundFault, type JudgedEvent, matches, scoreKinds } from './match.ts';

const event = (rest: Partial<JudgedEvent> = {}): JudgedEvent => ({
  kind: 'leak',
  meters: ['W1'],
  startMs: 10 * HOUR,
  endMs: 20 * HOUR,
  leftOut: undefined,
  ...rest,
});
const found = (rest: Partial<FoundFault> = {}): FoundFault => ({
  kind: 'leak',
  meters: ['W1'],
  fromMs: 12 * HOUR,
  toMs: undefined,
  ...rest,
});

test.each<[string, JudgedEvent, FoundFault, boolean]>([
  ['same kind, meter and time', event(), found(), true],
  ['one meter of several', event({ meters: ['E1', 'W1'] }), found({ meters: ['W1', 'W2'] }), true],
  ['another kind', event(), found({ kind: 'gap' }), false],
  ['another meter', event(), found({ meters: ['W2'] }), false],
  ['over before it began', event(), found({ fromMs: 8 * HOUR, toMs: 10 * HOUR }), false],
  ['begun after its end', event(), found({ fromMs: 20 * HOUR }), false],
  ['a moment, seen an hour early', event({ endMs: 10.25 * HOUR }), found({ fromMs: 9 * HOUR, toMs: 9.5 * HOUR }), true],
  [
    'a moment, seen two hours early',
    event({ endMs: 10.25 * HOUR }),
    found({ fromMs: 8 * HOUR, toMs: 9 * HOUR }),
    false,
  ],
])('%s', (_, one, finding, expected) => {
  expect(matches(one, finding)).toBe(expected);
});

test('recall, precision and what is left out, by kind', () => {
  const { leak, gap, spike } = scoreKinds(
    [
      event(),
      event({ meters: ['W2'] }),
      event({ meters: ['W3'], leftOut: 'cut-short' }),
      event({ meters: ['W4'], leftOut: 'cut-short' }),
      event({ kind: 'spike', leftOut: 'no-effect' }),
    ],
    // found twice, once where it is left out, once where nothing is; a gap that nobody put in
    [
      found(),
      found({ fromMs: 18 * HOUR }),
      found({ meters: ['W3'] }),
      found({ meters: ['W9'] }),
      found({ kind: 'gap' }),
    ],
  );
  expect(leak).toEqual({
    ...{ events: 2, found: 1, recall: 0.5, findings: 4, right: 2, neutral: 1, wrong: 1, precision: 2 / 3 },
    leftOut: { 'cut-short': 2 },
  });
  expect(gap).toMatchObject({ events: 0, recall: null, findings: 1, wrong: 1, precision: 0 });
  expect(spike).toMatchObject({ events: 0, recall: null, findings: 0, precision: null, leftOut: { 'no-effect': 1 } });
});
