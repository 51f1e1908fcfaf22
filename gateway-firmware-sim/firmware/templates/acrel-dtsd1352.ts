import type { MeterTemplateData } from './shape.ts';

/**
 * Acrel DTSD1352 (ADL400 family): secondary-side integers in holding registers; the host multiplies by CT and PT.
 */
export const acrelDtsd1352 = {
  id: 'acrel-dtsd1352',
  vendor: 'Acrel 安科瑞',
  model: 'DTSD1352',
  manualUrl: 'https://www.acrel-electric.com/uploads/file/dtsd1352-manual.pdf',
  protocol: 'modbus',
  ratioInMeter: false,
  points: [
    {
      quantity: 'energy.import',
      fc: 3,
      address: 0x000a,
      type: 'i32',
      scale: 0.01,
      decimals: 2,
      manual: '正向有功总电能 0.01kWh',
    },
    {
      quantity: 'energy.export',
      fc: 3,
      address: 0x0014,
      type: 'i32',
      scale: 0.01,
      decimals: 2,
      manual: '反向有功总电能 0.01kWh',
    },
    { quantity: 'power', fc: 3, address: 0x016a, type: 'i32', scale: 0.001, decimals: 3, manual: '总有功功率 0.001kW' },
    {
      quantity: 'power.factor',
      fc: 3,
      address: 0x017f,
      type: 'i16',
      scale: 0.001,
      decimals: 3,
      manual: '总功率因数 0.001',
    },
    { quantity: 'voltage.a', fc: 3, address: 0x0061, type: 'u16', scale: 0.1, decimals: 1, manual: 'A相电压 0.1V' },
    { quantity: 'voltage.b', fc: 3, address: 0x0062, type: 'u16', scale: 0.1, decimals: 1, manual: 'B相电压 0.1V' },
    { quantity: 'voltage.c', fc: 3, address: 0x0063, type: 'u16', scale: 0.1, decimals: 1, manual: 'C相电压 0.1V' },
    { quantity: 'current.a', fc: 3, address: 0x0064, type: 'u16', scale: 0.01, decimals: 2, manual: 'A相电流 0.01A' },
    { quantity: 'current.b', fc: 3, address: 0x0065, type: 'u16', scale: 0.01, decimals: 2, manual: 'B相电流 0.01A' },
    { quantity: 'current.c', fc: 3, address: 0x0066, type: 'u16', scale: 0.01, decimals: 2, manual: 'C相电流 0.01A' },
    { quantity: 'frequency', fc: 3, address: 0x0077, type: 'u16', scale: 0.01, decimals: 2, manual: '频率 0.01Hz' },
  ],
} satisfies MeterTemplateData;
