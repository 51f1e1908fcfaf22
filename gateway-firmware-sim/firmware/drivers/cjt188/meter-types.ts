import type { Medium } from '@ganzhi/schemas';

export interface MeterType {
  zh: string;
  en: string;
  medium?: Medium;
}

/** Meter types T (CJ/T 188-2004 table 1). */
const TYPES: Readonly<Record<number, MeterType>> = {
  16: { zh: '冷水水表', en: 'Cold water meter', medium: 'water' },
  17: { zh: '生活热水水表', en: 'Hot water meter', medium: 'water' },
  18: { zh: '直饮水水表', en: 'Drinking water meter', medium: 'water' },
  19: { zh: '中水水表', en: 'Reclaimed water meter', medium: 'water' },
  32: { zh: '热量表(计热量)', en: 'Heat meter', medium: 'heat' },
  33: { zh: '热量表(计冷量)', en: 'Cooling meter', medium: 'heat' },
  37: { zh: '热量表(冷热计量)', en: 'Heat and cooling meter', medium: 'heat' },
  48: { zh: '燃气表', en: 'Gas meter', medium: 'gas' },
  64: { zh: '电度表', en: 'Electricity meter', medium: 'electricity' },
};

/** Ranges of the standard, for types that it leaves to makers: 10–19H water, 20–29H heat, 30–39H gas. */
const RANGES: Readonly<Record<number, MeterType>> = {
  1: { zh: '水表', en: 'Water meter', medium: 'water' },
  2: { zh: '热量表', en: 'Heat meter', medium: 'heat' },
  3: { zh: '燃气表', en: 'Gas meter', medium: 'gas' },
};

/** What a type byte means; other types are named as such, with no medium. */
export const meterType = (type: number): MeterType =>
  TYPES[type] ?? RANGES[type >> 4] ?? { zh: '其他仪表', en: 'Another meter' };
