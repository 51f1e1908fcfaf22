import type { MeterTemplateData } from './shape.ts';

/**
 * Any heat meter of CJ/T 188. Heat comes in kWh, MWh, MJ or GJ and is converted to GJ exactly; some makers put the unit in
 * front of the number, which the codec recognises. No modulus: it is eight digits of the unit in use, which differs.
 */
export const genericCjt188Heat = {
  id: 'generic-cjt188-heat',
  vendor: 'CJ/T 188',
  model: '热量表',
  manualUrl: 'https://hbba.sac.gov.cn/',
  protocol: 'cjt188',
  meterType: 0x20,
  ratioInMeter: true,
  points: [{ quantity: 'heat.energy', field: 'heat', decimals: 3, manual: '当前热量 XXXXXX.XX' }],
} satisfies MeterTemplateData;
