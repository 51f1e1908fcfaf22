import type { MeterTemplateData } from './shape.ts';

/**
 * Any single-phase meter of DL/T 645-2007. It is connected directly, so the ratio on the server stays one. A field whose
 * nibbles are no digits is no value.
 */
export const genericDlt645SinglePhase = {
  id: 'generic-dlt645-single-phase',
  vendor: 'DL/T 645-2007',
  model: '单相电能表',
  manualUrl: 'https://hbba.sac.gov.cn/',
  protocol: 'dlt645',
  ratioInMeter: false,
  points: [
    {
      quantity: 'energy.import',
      di: '00010000',
      decimals: 2,
      modulus: 1_000_000,
      manual: '正向有功总电能 XXXXXX.XX kWh',
    },
    { quantity: 'power', di: '02030000', decimals: 4, manual: '瞬时总有功功率 XX.XXXX kW' },
    { quantity: 'power.factor', di: '02060000', decimals: 3, manual: '总功率因数 X.XXX' },
    { quantity: 'voltage.a', di: '02010100', decimals: 1, manual: 'A相电压 XXX.X V' },
    { quantity: 'current.a', di: '02020100', decimals: 3, manual: 'A相电流 XXX.XXX A' },
  ],
} satisfies MeterTemplateData;
