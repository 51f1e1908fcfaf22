import type { z } from 'zod';
import type { Figures } from '../indicators/rules.ts';
import type { IndicatorExplanation } from './schema.ts';

type Answer = z.infer<typeof IndicatorExplanation>;
export type Indicator = Exclude<Answer['indicator'], 'power-usage-effectiveness'>;

/** What an indicator is made of (domain handbook §2.3). */
export interface Definition {
  formula: { zh: string; en: string };
  unit: string;
  value: (figures: Figures) => number | null;
  /** What a term adds to the numerator; undefined: it is none of its terms. */
  contribution: (term: {
    carrier: string;
    isVehicle: boolean;
    quantity: number;
    kgce: number | null;
    carbonKg: number | null;
  }) => number | undefined;
  by: 'areaM2' | 'persons' | null;
}

const known = (value: number | null): number | undefined => value ?? undefined;

export const DEFINITIONS: Readonly<Record<Indicator, Definition>> = {
  comprehensive: {
    formula: {
      zh: '综合能耗 = Σ 用量 × 密度 × 折标系数',
      en: 'comprehensive energy = sum of quantity x density x coefficient',
    },
    unit: 'kgce',
    value: (figures) => figures.comprehensiveKgce,
    contribution: ({ kgce }) => known(kgce),
    by: null,
  },
  'per-area': {
    formula: {
      zh: '单位建筑面积能耗 = (综合能耗 − 交通用能) ÷ 建筑面积',
      en: 'energy per area = (comprehensive energy - vehicle fuel) / floor area',
    },
    unit: 'kgce/m²',
    value: (figures) => figures.perAreaKgce,
    contribution: ({ kgce, isVehicle }) => (isVehicle ? undefined : known(kgce)),
    by: 'areaM2',
  },
  'per-capita': {
    formula: { zh: '人均综合能耗 = 综合能耗 ÷ 用能人数', en: 'energy per user = comprehensive energy / users' },
    unit: 'kgce/p',
    value: (figures) => figures.perCapitaKgce,
    contribution: ({ kgce }) => known(kgce),
    by: 'persons',
  },
  'water-per-capita': {
    formula: { zh: '人均水耗 = 用水量 ÷ 用能人数', en: 'water per user = water / users' },
    unit: 'm³/p',
    value: (figures) => figures.waterPerCapitaM3,
    contribution: ({ carrier, quantity }) => (carrier === 'water' ? quantity : undefined),
    by: 'persons',
  },
  carbon: {
    formula: { zh: '碳排放 = Σ 用量 × 密度 × 排放因子', en: 'carbon = sum of quantity x density x emission factor' },
    unit: 'kgCO₂',
    value: (figures) => figures.carbonKg,
    contribution: ({ carbonKg }) => known(carbonKg),
    by: null,
  },
  'carbon-per-area': {
    formula: { zh: '单位建筑面积碳排放 = 碳排放 ÷ 建筑面积', en: 'carbon per area = carbon / floor area' },
    unit: 'kgCO₂/m²',
    value: (figures) => figures.carbonPerAreaKg,
    contribution: ({ carbonKg }) => known(carbonKg),
    by: 'areaM2',
  },
};

/** Where the next step down is: the days of a meter, and the readings, batches and error codes of one day. */
export const meterLinks = (
  id: number,
  from: string,
  to: string,
  nextDay: string,
  knownOn: number | undefined,
): string[] => {
  const at = knownOn === undefined ? '' : `&knownOn=${encodeURIComponent(new Date(knownOn).toISOString())}`;
  return [
    `/api/v1/meters/${id}/consumption?grain=day&from=${from}&to=${to}${at}`,
    `/api/v1/meters/${id}/explanation?from=${from}&to=${nextDay}${at}`,
  ];
};
