import type { MeterTemplateData } from './shape.ts';

/**
 * Any water meter of CJ/T 188. The unit (m³ or L) comes with each answer and is converted; digits FF are no value. A meter that
 * wants the identifier as 90 1F gets a template of its own with `diOrder`.
 */
export const genericCjt188Water = {
  id: 'generic-cjt188-water',
  vendor: 'CJ/T 188',
  model: '冷水水表',
  manualUrl: 'https://hbba.sac.gov.cn/',
  protocol: 'cjt188',
  meterType: 0x10,
  ratioInMeter: true,
  points: [
    { quantity: 'water.volume', field: 'volume', decimals: 2, modulus: 1_000_000, manual: '当前累积流量 XXXXXX.XX' },
  ],
} satisfies MeterTemplateData;
