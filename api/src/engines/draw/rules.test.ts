import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DrawRecord, draw, flawOf, sealList } from './rules.ts';

const SEED = createHash('sha256').update('a public number').digest('hex');
const EXPERTS = ['E-07', 'E-01', 'E-03', 'E-12', 'E-05'];

function held(recusals: DrawRecord['recusals'] = [], wanted = 2): DrawRecord {
  const input = { ...sealList(EXPERTS), wanted, recusals, seed: SEED };
  return { ...input, steps: draw(input) };
}

const drawnOf = ({ steps }: DrawRecord) => steps.filter(({ outcome }) => outcome === 'drawn').map(({ id }) => id);

test('the digest does not depend on the order of entry; a list without or with doubled names is refused', () => {
  expect(sealList(EXPERTS).listDigest).toBe(sealList([...EXPERTS].reverse()).listDigest);
  expect(() => sealList(['E-01', 'E-01'])).toThrow('names E-01 twice');
  expect(() => sealList([])).toThrow('empty');
});

test('the same seed draws the same people; a recused one is passed over and stays in the log', () => {
  const first = held();
  expect(drawnOf(held())).toEqual(drawnOf(first));
  const [out = '', next = ''] = drawnOf(first);
  const again = held([{ id: out, reason: '与投标人同单位' }]);
  expect(drawnOf(again)).toContain(next);
  expect(drawnOf(again)).not.toContain(out);
  expect(again.steps[0]).toMatchObject({ id: out, outcome: 'recused' });
});

test('more wanted than remain is refused', () => {
  expect(() => held([{ id: 'E-01', reason: 'x' }], 5)).toThrow('4 remain after recusal');
});

test('a changed list, lot, order or result is found', () => {
  const record = held();
  expect(flawOf(record)).toBeUndefined();
  expect(flawOf({ ...record, candidates: [...record.candidates, 'E-99'] })).toBe('list-changed');
  expect(flawOf({ ...record, seed: SEED.replace(/^./, (c) => (c === '0' ? '1' : '0')) })).toBe('result-changed');
  expect(flawOf({ ...record, steps: record.steps.toReversed() })).toBe('result-changed');
  expect(flawOf({ ...record, steps: record.steps.slice(1) })).toBe('result-changed');
});

test('everybody is drawn about equally often', () => {
  const times = new Map<string, number>();
  for (let i = 0; i < 5_000; i++) {
    const seed = createHash('sha256').update(String(i)).digest('hex');
    const input = { ...sealList(EXPERTS), wanted: 1, recusals: [], seed };
    const [id = ''] = drawnOf({ ...input, steps: draw(input) });
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  // 1,000 each, standard deviation 28
  for (const id of EXPERTS) expect(Math.abs((times.get(id) ?? 0) - 1_000)).toBeLessThan(150);
});

test('any list: as many as wanted, nobody recused, everybody in the log once', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 30 });
  fc.assert(
    fc.property(ids, fc.nat(), (candidates, n) => {
      const recusals = candidates.slice(0, n % 3).map((id) => ({ id, reason: 'r' }));
      const wanted = Math.min(2, candidates.length - recusals.length);
      const input = { ...sealList(candidates), wanted, recusals, seed: SEED };
      const record = { ...input, steps: draw(input) };
      expect(drawnOf(record)).toHaveLength(wanted);
      expect(drawnOf(record).some((id) => recusals.some((recusal) => recusal.id === id))).toBe(false);
      expect(record.steps.map(({ id }) => id).sort()).toEqual(record.candidates);
      expect(flawOf(record)).toBeUndefined();
    }),
  );
});
