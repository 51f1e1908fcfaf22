import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balanceOf } from './balance.ts';
import { cyclePath, formulaValue, type Operand, parseFormula, remainderFormula } from './formula.ts';
import { decimal, fraction, type Rational, toText } from './rational.ts';

const read = (text: string) => {
  const parsed = parseFormula(text);
  if ('fault' in parsed) throw new Error(`${parsed.fault.at}: ${parsed.fault.en}`);
  return parsed.formula;
};
const written = (text: string) => {
  const { terms, constant } = read(text);
  return [Object.fromEntries(Array.from(terms, ([code, value]) => [code, toText(value, 4)])), toText(constant, 4)];
};

test.each([
  ['[M-1] + [M-2]', { 'M-1': '1.0000', 'M-2': '1.0000' }, '0.0000'],
  ['[M-1] - ([M-2] - [M-3]) / 3', { 'M-1': '1.0000', 'M-2': '-0.3333', 'M-3': '0.3333' }, '0.0000'],
  ['2 * -[A] + 3 * 0.5', { A: '-2.0000' }, '1.5000'],
  ['[A] + [A] - [B] + [B]', { A: '2.0000' }, '0.0000'],
  ['(1/3) * [A] * 3', { A: '1.0000' }, '0.0000'],
])('%s', (text, terms, constant) => expect(written(text)).toEqual([terms, constant]));

test.each([
  ['[A] * [B]', 4, 'multiplied'],
  ['1 / [A]', 2, 'divided by a meter'],
  ['[A] / (1 - 1)', 4, 'division by zero'],
  ['[A] + ', 6, 'missing here'],
  ['([A]', 4, 'closing parenthesis'],
  ['[A] [B]', 4, 'nothing more'],
  ['[A] + process.exit()', 6, 'not understood'],
  ['[A]; [B]', 3, 'not understood'],
  ['[A] - [A]', 0, 'no meter'],
  ['1 + 1', 0, 'no meter'],
  ['', 0, 'missing here'],
  [`${'('.repeat(60)}[A]${')'.repeat(60)}`, 51, 'too deeply'],
  [`[A]${' '.repeat(3000)}`, 2000, '2000 characters'],
])('%s is refused', (text, at, reason) => {
  const parsed = parseFormula(text);
  expect('fault' in parsed && [parsed.fault.at, parsed.fault.en]).toEqual([at, expect.stringContaining(reason)]);
});

test('whatever is written, the parser answers and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]()+-*/ 019.Aé\0;'), maxLength: 60 }), (text) => {
      parseFormula(text);
    }),
  );
});

test('a cycle is told with its path', () => {
  const operands = new Map([
    ['A', ['B', 'C']],
    ['B', ['D']],
    ['C', ['D', 'E']],
    ['E', ['A']],
  ]);
  expect(cyclePath('A', operands)).toEqual(['A', 'C', 'E', 'A']);
  expect(cyclePath('B', operands)).toBeUndefined();
  expect(cyclePath('X', new Map([['X', ['X']]]))).toEqual(['X', 'X']);
});

const known =
  (values: Record<string, string>) =>
  (code: string): Operand => ({
    energy: values[code] === undefined ? null : decimal(values[code]),
    missing: [],
  });

test('what only adds is "at least" when a meter is missing; what takes off is unknown', () => {
  const sum = formulaValue(read('[A] + [B]'), known({ A: '10' }), 24);
  expect([sum.energy && toText(sum.energy, 2), sum.missing]).toEqual(['10.00', ['B']]);
  expect(formulaValue(read('[A] - [B]'), known({ A: '10' }), 24)).toEqual({ energy: null, missing: ['B'] });
  expect(formulaValue(read('[A] - [B]'), known({ B: '10' }), 24)).toEqual({ energy: null, missing: ['A'] });
  const losses = formulaValue(read('[A] + 0.5'), known({ A: '10' }), 24);
  expect(losses.energy && toText(losses.energy, 2)).toBe('22.00');
});

test('the remainder and its children always add up to the parent, exactly', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.array(fc.bigInt(), { minLength: 1, maxLength: 8 }), (parent, children) => {
      const codes = children.map((_, i) => `C${i}`);
      const values = new Map(codes.map((code, i) => [code, fraction(children[i] ?? 0n, 100n)]));
      values.set('P', fraction(parent, 100n));
      const remainder = formulaValue(
        read(remainderFormula('P', codes)),
        (code) => ({ energy: values.get(code) ?? null, missing: [] }),
        24,
      );
      const total = children.reduce((all, one) => all + one, 0n);
      expect(remainder.energy).toEqual(fraction(parent - total, 100n));
    }),
  );
});

const meter = (code: string, ...days: (string | null)[]) => ({
  code,
  days: days.map((day): Rational | null => (day === null ? null : decimal(day))),
});

test('TV-21 a remainder of 500 in 10,000 is 5.0 % and passes', () => {
  const children = [meter('a', '4200'), meter('b', '3100'), meter('c', '1500'), meter('d', '700')];
  expect(balanceOf(meter('p', '10000'), children, decimal('0.05'))).toMatchObject({ share: 0.05, verdict: 'within' });
  expect(balanceOf(meter('p', '10001'), children, decimal('0.05')).verdict).toBe('exceeded');
});

test('the child whose ratio is wrong is named with its factor', () => {
  const truth = [100, 40, 160, 90, 20, 130, 75];
  const other = [50, 90, 60, 55, 85, 40, 70];
  const p = meter('p', ...truth.map((day, i) => String(day + (other[i] ?? 0))));
  const half = meter('half', ...truth.map((day) => String(day / 2)));
  const right = meter('right', ...other.map(String));
  const [best, ...rest] = balanceOf(p, [right, half], decimal('0.05')).explanations;
  expect([best?.code, best?.factor, best?.explained]).toEqual(['half', 1, 1]);
  expect(rest.map(({ code }) => code)).not.toContain('half');
});

test('a parent that stands still while a child moves is beyond the limit; all at rest is not', () => {
  const limit = decimal('0.05');
  expect(balanceOf(meter('p', '0'), [meter('a', '5')], limit)).toMatchObject({ verdict: 'exceeded', share: null });
  expect(balanceOf(meter('p', '0'), [meter('a', '0')], limit).verdict).toBe('within');
});

test('a silent child makes it undecidable, by name, and blames nobody', () => {
  const verdict = balanceOf(meter('p', '10', '10'), [meter('a', '5', null), meter('b', '2', '2')], decimal('0.05'));
  expect(verdict).toMatchObject({ verdict: 'undecidable', missing: ['a'], residue: null, explanations: [] });
});
