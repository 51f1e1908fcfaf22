import type { MeterTemplateData } from './shape.ts';

/**
 * Any gas meter of CJ/T 188: the layout of a water meter with type 30H. Volumes are as the meter shows them, converted to
 * standard conditions only where the meter does so.
 */
export const genericCjt188Gas = {
  id: 'generic-cjt188-gas',
  vendor: 'CJ/T 188',
  model: '燃气表',
  manualUrl: 'https://hbba.sac.gov.cn/',
  protocol: 'cjt188',
  meterType: 0x30,
  ratioInMeter: true,
  points: [
    { quantity: 'gas.volume', field: 'volume', decimals: 2, modulus: 1_000_000, manual: '当前累积流量 XXXXXX.XX' },
  ],
} satisfies MeterTemplateData;
