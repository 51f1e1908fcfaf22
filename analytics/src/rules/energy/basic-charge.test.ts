import { expect, test } from 'vitest';
import { basicCharge, powerFactorOf, powerFactorShare } from './basic-charge.ts';
import { decimal, toNumber } from './rational.ts';

const prices = { perKvaMonth: '28', perKwDemandMonth: '40', demandTolerance: '1.05', excessMultiplier: '2' };
const cny = (basis: 'none' | 'capacity' | 'contract-demand' | 'actual-demand', measured: string | null) => {
  const contract = { basis, capacityKva: decimal('630'), demandKw: decimal('400') };
  const charge = basicCharge(prices, contract, measured === null ? null : decimal(measured));
  return charge && toNumber(charge);
};

test('basic charge by capacity, contracted and actual demand', () => {
  expect(cny('none', '500')).toBe(0);
  expect(cny('capacity', null)).toBe(630 * 28);
  expect(cny('actual-demand', '312.5')).toBe(12_500);
  expect(cny('actual-demand', null)).toBeNull();
  // 420 kW is within 105 % of 400 kW; 450 kW is 30 kW above
  expect(cny('contract-demand', '420')).toBe(16_000);
  expect(cny('contract-demand', '450')).toBe(16_000 + 30 * 40 * 2);
  expect(basicCharge(undefined, { basis: 'capacity', capacityKva: decimal('630'), demandKw: null }, null)).toBeNull();
});

const SCALES = {
  '0.90': {
    standard: '0.90',
    below: [
      { to: '0.70', percent: '0.5' },
      { to: '0.65', percent: '1' },
      { to: '0.00', percent: '2' },
    ],
    above: [{ to: '0.95', percent: '0.15' }],
  },
  '0.85': {
    standard: '0.85',
    below: [{ to: '0.65', percent: '0.5' }],
    above: [
      { to: '0.90', percent: '0.1' },
      { to: '0.94', percent: '0.15' },
    ],
  },
};

// the printed table of (83)水电财字第215号
test.each([
  ['0.90', 90, 0],
  ['0.90', 89, 0.005],
  ['0.90', 70, 0.1],
  ['0.90', 69, 0.11],
  ['0.90', 65, 0.15],
  ['0.90', 64, 0.17],
  ['0.90', 60, 0.25],
  ['0.90', 91, -0.0015],
  ['0.90', 95, -0.0075],
  ['0.90', 100, -0.0075],
  ['0.85', 84, 0.005],
  ['0.85', 90, -0.005],
  ['0.85', 94, -0.011],
  ['0.85', 99, -0.011],
] as const)('power factor held to %s: %d hundredths change the charge by %d', (standard, factor, share) => {
  expect(toNumber(powerFactorShare(SCALES[standard], factor))).toBe(share);
});

test('power factor of a month from active and reactive energy', () => {
  expect([powerFactorOf(4_000, 3_000), powerFactorOf(1_000, 0), powerFactorOf(0, 10)]).toEqual([80, 100, null]);
});
