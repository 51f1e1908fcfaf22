import { readdirSync, readFileSync } from 'node:fs';
import { BOOKED_COUNTER } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { acrelDtsd1352 } from './acrel-dtsd1352.ts';
import { checkedTemplate } from './check.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { genericCjt188Heat } from './generic-cjt188-heat.ts';
import { genericDlt645ThreePhase } from './generic-dlt645-three-phase.ts';
import { register, TEMPLATES, templateById } from './index.ts';

const NO_TEMPLATES = ['index', 'shape', 'check', 'locate'];

test('every template file is listed, under its own name', () => {
  const files = readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.replace('.ts', ''))
    .filter((name) => !NO_TEMPLATES.includes(name));
  expect([...TEMPLATES.keys()].sort()).toEqual(files.sort());
  expect(TEMPLATES.size).toBeGreaterThanOrEqual(14);
});

test('a template that stands twice is refused, an unknown one is named with what there is', () => {
  expect(() => register([eastronSdm630, eastronSdm630])).toThrow('listed twice');
  expect(() => templateById('acme-x1')).toThrow(/acme-x1 is unknown; known: acrel-adw300, acrel-dtsd1352/);
});

test.each([...TEMPLATES.values()])(
  '$id offers the register that is booked, and says where its manual is',
  (template) => {
    const booked = Object.values(BOOKED_COUNTER).map(({ code }) => code);
    expect(template.points.some(({ quantity }) => booked.includes(quantity))).toBe(true);
    expect(template.manualUrl).toMatch(/^https?:/);
    for (const { manual } of template.points) expect(manual).not.toBe('');
  },
);

/** A sound template with one point changed. */
const modbus = (change: object) => ({
  ...acrelDtsd1352,
  points: acrelDtsd1352.points.map((point) => (point.quantity === 'power' ? { ...point, ...change } : point)),
});
const counter = (change: object) => ({
  ...acrelDtsd1352,
  points: acrelDtsd1352.points.map((point) => (point.quantity === 'energy.import' ? { ...point, ...change } : point)),
});
const dlt645 = (change: object) => ({
  ...genericDlt645ThreePhase,
  points: genericDlt645ThreePhase.points.map((point) => (point.quantity === 'power' ? { ...point, ...change } : point)),
});

test.each([
  [
    'overlapping registers',
    modbus({ address: 0x0063 }),
    /voltage.c: registers 99 to 100 belong to power .* look both up/,
  ],
  ['a 32-bit value over its neighbour', modbus({ address: 0x0060 }), /voltage.a: registers 97 to 97 belong to power/],
  ['a register behind the last', modbus({ address: 65_535 }), /power: ends behind register 65535/],
  [
    'an unknown quantity',
    modbus({ quantity: 'powr' }),
    /points\[2\] powr, quantity: unknown quantity, see quantities.ts/,
  ],
  ['a scale of zero', modbus({ scale: 0 }), /points\[2\] power, scale: /],
  ['an impossible scale', modbus({ scale: 0.0137 }), /power: scale 0.0137 is impossible: write the manual's step/],
  ['a scale beyond all meters', modbus({ scale: 1e9 }), /power: scale 1000000000 is impossible/],
  ['too fine a resolution', modbus({ decimals: 8 }), /power: 8 decimals are finer than meters count/],
  ['a modulus of a momentary value', modbus({ modulus: 1_000_000 }), /power: a momentary value has no modulus/],
  ['a bad modulus', counter({ modulus: 0.5 }), /energy.import: modulus 0.5 is impossible; it is the value at which/],
  ['a negative modulus', counter({ modulus: -1 }), /points\[0\] energy.import, modulus: /],
  ['a modulus beyond what can be counted', counter({ modulus: 1e15 }), /modulus 1000000000000000 is impossible/],
  ['a quantity twice', modbus({ quantity: 'voltage.a' }), /voltage.a: stands twice/],
  ['two media', modbus({ quantity: 'water.volume' }), /measures electricity and water; make two templates/],
  ['an identifier of another thing', dlt645({ di: '02040000' }), /power: identifier 02040000 is Reactive power/],
  ['an identifier of nothing', dlt645({ di: '02990000' }), /power: identifier 02990000 is not in the tables/],
  ['a scale where the standard has one', dlt645({ scale: 0.1 }), /power: the standard fixes the scale/],
  ['lost decimals', dlt645({ decimals: 2 }), /power: the standard gives 4 decimals; 2 would lose some/],
  ['a block of the other edition', dlt645({ block: 'B61F' }), /power: block B61F is of the other edition/],
] as const)('%s: refused with file, point and remedy', (_, template, words) => {
  expect(() => checkedTemplate(template)).toThrow(words);
  expect(() => checkedTemplate(template)).toThrow(`firmware/templates/${template.id}.ts`);
});

test('the line is named: where the template of this folder has the field, or in the text that came with it', () => {
  const source = readFileSync(new URL('./acrel-dtsd1352.ts', import.meta.url), 'utf8').split('\n');
  const refusal = (() => {
    try {
      checkedTemplate(modbus({ address: 0x0063 }));
    } catch (cause) {
      return String(cause);
    }
    return '';
  })();
  const line = Number(/line (\d+), voltage.c/.exec(refusal)?.[1]);
  expect(source[line - 1]).toContain("quantity: 'voltage.c'");
  const mine = JSON.stringify(modbus({ scale: 0.0137 }), null, 2);
  const scaleLine = mine.split('\n').findIndex((text) => text.includes('0.0137')) + 1;
  expect(() => checkedTemplate(JSON.parse(mine), 'mine.json', mine)).toThrow(
    `Meter template mine.json:\n  line ${scaleLine}, power: scale 0.0137 is impossible`,
  );
});

test('a field of the answer belongs to one point; a file of its own is named', () => {
  const [heat] = genericCjt188Heat.points;
  const twice = { ...genericCjt188Heat, points: [heat, { ...heat, quantity: 'water.volume' }] };
  expect(() => checkedTemplate(twice, 'mine.json')).toThrow(/mine.json:\n(.*\n)*.*heat belongs to heat.energy too/);
  expect(() => checkedTemplate('nonsense')).toThrow(/without id/);
});
