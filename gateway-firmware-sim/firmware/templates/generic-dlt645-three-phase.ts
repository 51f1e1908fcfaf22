import type { MeterTemplateData } from './shape.ts';

/**
 * Any three-phase meter of DL/T 645-2007. Voltages and currents are fetched as blocks and, from a meter that refuses blocks,
 * one by one. Values are secondary: the server multiplies by CT and PT. A field whose nibbles are no digits is no value.
 */
export const genericDlt645ThreePhase = {
  id: 'generic-dlt645-three-phase',
  vendor: 'DL/T 645-2007',
  model: '三相多功能电能表',
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
    {
      quantity: 'energy.export',
      di: '00020000',
      decimals: 2,
      modulus: 1_000_000,
      manual: '反向有功总电能 XXXXXX.XX kWh',
    },
    { quantity: 'power', di: '02030000', decimals: 4, manual: '瞬时总有功功率 XX.XXXX kW' },
    { quantity: 'power.factor', di: '02060000', decimals: 3, manual: '总功率因数 X.XXX' },
    { quantity: 'voltage.a', di: '02010100', block: '0201FF00', decimals: 1, manual: 'A相电压 XXX.X V' },
    { quantity: 'voltage.b', di: '02010200', block: '0201FF00', decimals: 1, manual: 'B相电压 XXX.X V' },
    { quantity: 'voltage.c', di: '02010300', block: '0201FF00', decimals: 1, manual: 'C相电压 XXX.X V' },
    { quantity: 'current.a', di: '02020100', block: '0202FF00', decimals: 3, manual: 'A相电流 XXX.XXX A' },
    { quantity: 'current.b', di: '02020200', block: '0202FF00', decimals: 3, manual: 'B相电流 XXX.XXX A' },
    { quantity: 'current.c', di: '02020300', block: '0202FF00', decimals: 3, manual: 'C相电流 XXX.XXX A' },
    { quantity: 'frequency', di: '02800002', decimals: 2, manual: '电网频率 XX.XX Hz' },
  ],
} satisfies MeterTemplateData;
