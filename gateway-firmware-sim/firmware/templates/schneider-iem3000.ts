import type { MeterTemplateData } from './shape.ts';

/**
 * Schneider iEM3150/3155/3250/3255: 64-bit Wh counters and floats in holding registers. Wire address = the manual's
 * register minus one. CT and PT are set in the meter (iEM325x), so registers are primary values. Energy keeps three
 * decimals: one count is one Wh.
 */
export const schneiderIem3000 = {
  id: 'schneider-iem3000',
  vendor: 'Schneider Electric',
  model: 'iEM3000',
  manualUrl: 'https://www.productinfo.schneider-electric.com/iem3100/',
  protocol: 'modbus',
  ratioInMeter: true,
  points: [
    {
      quantity: 'energy.import',
      fc: 3,
      address: 0x0c83,
      type: 'i64',
      scale: 0.001,
      decimals: 3,
      manual: '3204 Total Active Energy Import, Wh',
    },
    {
      quantity: 'energy.export',
      fc: 3,
      address: 0x0c87,
      type: 'i64',
      scale: 0.001,
      decimals: 3,
      manual: '3208 Total Active Energy Export, Wh',
    },
    { quantity: 'power', fc: 3, address: 0x0bf3, type: 'f32', decimals: 3, manual: '3060 Total Active Power, kW' },
    { quantity: 'voltage.a', fc: 3, address: 0x0bd3, type: 'f32', decimals: 1, manual: '3028 Voltage L1-N' },
    { quantity: 'voltage.b', fc: 3, address: 0x0bd5, type: 'f32', decimals: 1, manual: '3030 Voltage L2-N' },
    { quantity: 'voltage.c', fc: 3, address: 0x0bd7, type: 'f32', decimals: 1, manual: '3032 Voltage L3-N' },
    { quantity: 'current.a', fc: 3, address: 0x0bb7, type: 'f32', decimals: 3, manual: '3000 I1: phase 1 current' },
    { quantity: 'current.b', fc: 3, address: 0x0bb9, type: 'f32', decimals: 3, manual: '3002 I2: phase 2 current' },
    { quantity: 'current.c', fc: 3, address: 0x0bbb, type: 'f32', decimals: 3, manual: '3004 I3: phase 3 current' },
  ],
} satisfies MeterTemplateData;
