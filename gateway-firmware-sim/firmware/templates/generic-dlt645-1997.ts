import type { MeterTemplateData } from './shape.ts';

/**
 * A meter of the older edition DL/T 645-1997: two-byte identifiers, whole volts, currents of two decimals, no signs. Values
 * are secondary: the server multiplies by CT and PT.
 */
export const genericDlt6451997 = {
  id: 'generic-dlt645-1997',
  vendor: 'DL/T 645-1997',
  model: '多功能电能表',
  manualUrl: 'https://hbba.sac.gov.cn/',
  protocol: 'dlt645',
  ratioInMeter: false,
  points: [
    { quantity: 'energy.import', di: '9010', decimals: 2, modulus: 1_000_000, manual: '正向有功总电能 XXXXXX.XX kWh' },
    { quantity: 'energy.export', di: '9020', decimals: 2, modulus: 1_000_000, manual: '反向有功总电能 XXXXXX.XX kWh' },
    { quantity: 'power', di: 'B630', decimals: 4, manual: '瞬时有功功率 XX.XXXX kW' },
    { quantity: 'voltage.a', di: 'B611', block: 'B61F', decimals: 0, manual: 'A相电压 XXX V' },
    { quantity: 'voltage.b', di: 'B612', block: 'B61F', decimals: 0, manual: 'B相电压 XXX V' },
    { quantity: 'voltage.c', di: 'B613', block: 'B61F', decimals: 0, manual: 'C相电压 XXX V' },
    { quantity: 'current.a', di: 'B621', block: 'B62F', decimals: 2, manual: 'A相电流 XX.XX A' },
    { quantity: 'current.b', di: 'B622', block: 'B62F', decimals: 2, manual: 'B相电流 XX.XX A' },
    { quantity: 'current.c', di: 'B623', block: 'B62F', decimals: 2, manual: 'C相电流 XX.XX A' },
  ],
} satisfies MeterTemplateData;
