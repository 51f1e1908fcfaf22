import { MODBUS_TYPES, ModbusPoint, ModbusTemplate } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { templateById } from '../../templates/index.ts';
import { WORDS } from './decode.ts';
import { MAX_BLOCK, MAX_GAP, planReads } from './plan.ts';

test('a DTSD1352 takes three requests, an SDM630 two', () => {
  const blocks = (id: string) =>
    planReads(ModbusTemplate.parse(templateById(id)).points).map(({ fc: code, address, length }) => [
      code,
      address,
      length,
    ]);
  expect(blocks('acrel-dtsd1352')).toEqual([
    [3, 0x000a, 12],
    [3, 0x0061, 23],
    [3, 0x016a, 22],
  ]);
  expect(blocks('eastron-sdm630')).toEqual([
    [4, 0x0000, 12],
    [4, 0x0034, 24],
  ]);
});

test('a hole as wide as a request is worth is read, a wider one is not, and a block ends at its limit', () => {
  const point = (address: number, quantity: string) =>
    ModbusPoint.parse({ quantity, fc: 3, address, type: 'u16', decimals: 0, manual: 'test' });
  const blocks = (...addresses: number[]) =>
    planReads(addresses.map((address, k) => point(address, k === 0 ? 'power' : 'voltage.a'))).map((block) => [
      block.address,
      block.length,
    ]);
  expect(blocks(10, 11 + MAX_GAP)).toEqual([[10, MAX_GAP + 2]]);
  expect(blocks(10, 12 + MAX_GAP)).toEqual([
    [10, 1],
    [12 + MAX_GAP, 1],
  ]);
  const chain = Array.from({ length: 7 }, (_, k) => k * 20);
  expect(blocks(...chain)).toEqual([
    [0, 101],
    [120, 1],
  ]);
  expect(MAX_BLOCK).toBe(120);
});

test('every point lies whole in one block; blocks are short enough and hold no wide hole', () => {
  const arbitrary = fc.record({
    fc: fc.constantFrom(3 as const, 4 as const),
    address: fc.integer({ min: 0, max: 600 }),
    type: fc.constantFrom(...MODBUS_TYPES),
  });
  fc.assert(
    fc.property(fc.uniqueArray(arbitrary, { maxLength: 40, selector: ({ address }) => address }), (list) => {
      const points = list.map((fields) =>
        ModbusPoint.parse({ ...fields, quantity: 'power', decimals: 0, manual: 'test' }),
      );
      const blocks = planReads(points);
      expect(blocks.flatMap((block) => block.points)).toHaveLength(points.length);
      for (const block of blocks) {
        expect(block.length).toBeLessThanOrEqual(MAX_BLOCK);
        let covered = block.address;
        for (const point of block.points) {
          expect(point.fc).toBe(block.fc);
          expect(point.address - covered).toBeLessThanOrEqual(MAX_GAP);
          covered = Math.max(covered, point.address + WORDS[point.type]);
        }
        expect(covered).toBe(block.address + block.length);
      }
    }),
  );
});
