import type { MeterTemplateData } from './shape.ts';

/**
 * Acrel ADW300 (wireless three-phase meter, its RS-485 side): secondary-side integers in holding registers; the host
 * multiplies by CT and PT.
 */
export const acrelAdw300 = {
  id: 'acrel-adw300',
  vendor: 'Acrel 安科瑞',
  model: 'ADW300',
  manualUrl: 'https://www.acrel-electric.com/',
  protocol: 'modbus',
  ratioInMeter: false,
  points: [
    {
      quantity: 'energy.import',
      fc: 3,
      address: 62,
      type: 'i32',
      scale: 0.01,
      decimals: 2,
      manual: '正向有功总电能 0.01kWh',
    },
    {
      quantity: 'energy.export',
      fc: 3,
      address: 64,
      type: 'i32',
      scale: 0.01,
      decimals: 2,
      manual: '反向有功总电能 0.01kWh',
    },
    { quantity: 'power', fc: 3, address: 36, type: 'i32', scale: 0.001, decimals: 3, manual: '总有功功率 1W' },
    { quantity: 'voltage.a', fc: 3, address: 20, type: 'u16', scale: 0.1, decimals: 1, manual: 'A相电压 0.1V' },
    { quantity: 'voltage.b', fc: 3, address: 21, type: 'u16', scale: 0.1, decimals: 1, manual: 'B相电压 0.1V' },
    { quantity: 'voltage.c', fc: 3, address: 22, type: 'u16', scale: 0.1, decimals: 1, manual: 'C相电压 0.1V' },
    { quantity: 'current.a', fc: 3, address: 26, type: 'u16', scale: 0.01, decimals: 2, manual: 'A相电流 0.01A' },
    { quantity: 'current.b', fc: 3, address: 27, type: 'u16', scale: 0.01, decimals: 2, manual: 'B相电流 0.01A' },
    { quantity: 'current.c', fc: 3, address: 28, type: 'u16', scale: 0.01, decimals: 2, manual: 'C相电流 0.01A' },
  ],
} satisfies MeterTemplateData;
