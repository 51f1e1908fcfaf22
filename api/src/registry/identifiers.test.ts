import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divisionCodeFault, residentIdCheck, residentIdFault, usccCheck, usccFault } from './identifiers.ts';

const TODAY = '2026-11-23';

test('TV-24: check characters of the handbook', () => {
  expect(usccCheck('11320400014109381')).toBe('P');
  expect(residentIdCheck('32040219900101001')).toBe('7');
});

test.each([
  ['11320400014109381P', undefined],
  ['11320400014109381Q', /“P”/],
  ['11320400014109381', /18 位，此处为 17 位/],
  ['1132040001410938iP', /不含 I、O/],
  ['11320400O14109381P', /不含 I、O/],
  ['11990400014109381P', /登记管理机关行政区划码/],
  ['', /18 位/],
])('social credit code %s', (code, fault) => {
  if (fault) expect(usccFault(code)?.zh).toMatch(fault);
  else expect(usccFault(code)).toBeUndefined();
});

const ALPHABET = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
const body = fc
  .tuple(
    fc.constantFrom('11', '12', '51', '91'),
    fc.constantFrom('320400', '320412', '110101'),
    fc.array(fc.constantFrom(...ALPHABET), { minLength: 9, maxLength: 9 }),
  )
  .map(([kind, division, rest]) => `${kind}${division}${rest.join('')}`);

test('one wrong character, and two neighbours swapped, never pass', () => {
  fc.assert(
    fc.property(body, fc.nat(17), fc.constantFrom(...ALPHABET), (head, place, other) => {
      const code = `${head}${usccCheck(head)}`;
      expect(usccFault(code)).toBeUndefined();
      const [a, b] = [code[place] ?? '', code[place + 1] ?? ''];
      if (a !== other) {
        expect(usccFault(`${code.slice(0, place)}${other}${code.slice(place + 1)}`)).toBeDefined();
      }
      if (b !== '' && a !== b) {
        expect(usccFault(`${code.slice(0, place)}${b}${a}${code.slice(place + 2)}`)).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['320402199001010017', undefined],
  ['320402199001010018', /“7”/],
  ['320402199002300015', /1990-02-30/],
  ['320402209901010010', /2099-01-01/],
  ['990402199001010017', /行政区划/],
  ['32040219900101001', /18 位/],
  ['32040219900101001x', /大写 X/],
  ['３20402199001010017', /18 位/],
])('resident identity number %s', (id, fault) => {
  if (fault) expect(residentIdFault(id, TODAY)?.zh).toMatch(fault);
  else expect(residentIdFault(id, TODAY)).toBeUndefined();
});

test.each([
  ['320400', null, undefined],
  ['320412', '320400', undefined],
  ['3204JK', '320400', undefined],
  ['320412100', '320412', undefined],
  ['320412100', '320400', undefined],
  ['320400', '320000', undefined],
  ['320500', '320400', /3204 开头/],
  ['320402100', '320412', /320412 开头/],
  ['320400', '320400', /不在上级/],
  ['990000', null, /省级/],
  ['3204jk', '320400', /6 位数字/],
  ['32041', '320400', /6 位数字/],
])('division %s below %s', (code, parent, fault) => {
  if (fault) expect(divisionCodeFault(code, parent)?.zh).toMatch(fault);
  else expect(divisionCodeFault(code, parent)).toBeUndefined();
});
