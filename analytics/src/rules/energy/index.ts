/** What stands above the ledger: pure, exact, versions in hand. */
export * from './balance.ts';
export * from './basic-charge.ts';
export * from './calendar.ts';
export * from './change.ts';
export * from './completeness.ts';
export * from './comprehensive.ts';
export * from './dated.ts';
export * from './degree-days.ts';
export * from './factors.ts';
export * from './forecast.ts';
export * from './formula.ts';
export * from './plausibility.ts';
export * from './quota-tier.ts';
export type { Rational } from './rational.ts';
export * as rational from './rational.ts';
export * from './shares.ts';
export * from './tariff.ts';
