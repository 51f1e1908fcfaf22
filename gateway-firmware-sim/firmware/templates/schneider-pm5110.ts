import type { MeterTemplateData } from './shape.ts';

/**
 * Schneider PM5100 and PM5300 series: floats in holding registers; wire address = number of the register list minus one.
 * Energy is read as 64-bit Wh, which loses nothing (the float at 2700 does). CT and PT are set in the meter: registers are
 * primary. The power factor (3192) is encoded in four quadrants beyond 1, so it is not read.
 */
export const schneiderPm5110 = {
  id: 'schneider-pm5110',
  vendor: 'Schneider Electric',
  model: 'PM5110',
  manualUrl:
    'http://www2.schneider-electric.com/resources/sites/SCHNEIDER_ELECTRIC/content/live/FAQS/234000/FA234017/en_US/PM5100_PM5300_ModbusRegisterList.xls',
  protocol: 'modbus',
  ratioInMeter: true,
  points: [
    {
      quantity: 'energy.import',
      fc: 3,
      address: 3203,
      type: 'i64',
      scale: 0.001,
      decimals: 3,
      manual: '3204 Active Energy Delivered (Into Load), Wh',
    },
    {
      quantity: 'energy.export',
      fc: 3,
      address: 3207,
      type: 'i64',
      scale: 0.001,
      decimals: 3,
      manual: '3208 Active Energy Received (Out of Load), Wh',
    },
    { quantity: 'power', fc: 3, address: 3059, type: 'f32', decimals: 3, manual: '3060 Active Power Total, kW' },
    { quantity: 'voltage.a', fc: 3, address: 3027, type: 'f32', decimals: 1, manual: '3028 Voltage A-N' },
    { quantity: 'voltage.b', fc: 3, address: 3029, type: 'f32', decimals: 1, manual: '3030 Voltage B-N' },
    { quantity: 'voltage.c', fc: 3, address: 3031, type: 'f32', decimals: 1, manual: '3032 Voltage C-N' },
    { quantity: 'current.a', fc: 3, address: 2999, type: 'f32', decimals: 3, manual: '3000 Current A' },
    { quantity: 'current.b', fc: 3, address: 3001, type: 'f32', decimals: 3, manual: '3002 Current B' },
    { quantity: 'current.c', fc: 3, address: 3003, type: 'f32', decimals: 3, manual: '3004 Current C' },
    { quantity: 'frequency', fc: 3, address: 3109, type: 'f32', decimals: 2, manual: '3110 Frequency, Hz' },
  ],
} satisfies MeterTemplateData;
