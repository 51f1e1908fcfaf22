import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type QuotaInput, verdict } from './quota.ts';

const cases: [string, QuotaInput, ReturnType<typeof verdict>][] = [
  [
    'observed whole and below',
    { consumptionKwh: 620, coverage: 1, constraintKwh: 1200 },
    { verdict: 'within', lowKwh: 620, highKwh: 620, share: 620 / 1200 },
  ],
  [
    'equal to the constraint is within (TV-07)',
    { consumptionKwh: 13, coverage: 1, constraintKwh: 13 },
    { verdict: 'within', lowKwh: 13, highKwh: 13, share: 1 },
  ],
  [
    'a hair beyond is over (TV-07)',
    { consumptionKwh: 13.01, coverage: 1, constraintKwh: 13 },
    { verdict: 'over', lowKwh: 13.01, highKwh: 13.01, share: 13.01 / 13 },
  ],
  [
    'over is certain in spite of holes',
    { consumptionKwh: 1300, coverage: 0.5, constraintKwh: 1200 },
    { verdict: 'over', lowKwh: 1300, highKwh: 2600, share: 1300 / 1200 },
  ],
  [
    'too little was observed',
    { consumptionKwh: 100, coverage: 0.89, constraintKwh: 1200 },
    { verdict: 'undecidable', lowKwh: 100, highKwh: 100 / 0.89, share: 100 / 1200 },
  ],
  [
    'enough was observed, but the rest could carry it over',
    { consumptionKwh: 1190, coverage: 0.95, constraintKwh: 1200 },
    { verdict: 'undecidable', lowKwh: 1190, highKwh: 1190 / 0.95, share: 1190 / 1200 },
  ],
  [
    'nothing known is not zero',
    { consumptionKwh: null, coverage: 0, constraintKwh: 1200 },
    { verdict: 'undecidable', lowKwh: 0, highKwh: null, share: null },
  ],
  [
    'energy known, no time observed',
    { consumptionKwh: 10, coverage: 0, constraintKwh: 1200 },
    { verdict: 'undecidable', lowKwh: 10, highKwh: null, share: 10 / 1200 },
  ],
  [
    'a dispute that may take the excess back',
    { consumptionKwh: 1300, coverage: 1, constraintKwh: 1200, disputedKwh: -200 },
    { verdict: 'undecidable', lowKwh: 1100, highKwh: 1300, share: 1300 / 1200 },
  ],
  [
    'a dispute that may add',
    { consumptionKwh: 1100, coverage: 1, constraintKwh: 1200, disputedKwh: 200 },
    { verdict: 'undecidable', lowKwh: 1100, highKwh: 1300, share: 1100 / 1200 },
  ],
];

test.each(cases)('%s', (_name, input, expected) => {
  expect(verdict(input)).toEqual(expected);
});

test('more consumption never mends a verdict', () => {
  const rank = { within: 0, undecidable: 1, over: 2 };
  const energy = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(energy, energy, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, coverage) => {
      const low = verdict({ consumptionKwh: Math.min(a, b), coverage, constraintKwh: 1e6 });
      const high = verdict({ consumptionKwh: Math.max(a, b), coverage, constraintKwh: 1e6 });
      expect(rank[low.verdict]).toBeLessThanOrEqual(rank[high.verdict]);
    }),
  );
});
