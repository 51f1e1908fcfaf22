import type { MeterTemplateData } from './shape.ts';

/**
 * Siemens SENTRON PAC3200 and PAC2200: floats, high word first, offsets as printed in the manual. Energy is a 64-bit float of
 * Wh per tariff; one public map reads it as an integer, which is wrong. Only tariff 1 is read: a meter with two tariffs
 * needs the sum of 801 and 805. CT and PT are set in the meter: registers are primary.
 */
export const siemensPac3200 = {
  id: 'siemens-pac3200',
  vendor: 'Siemens',
  model: 'SENTRON PAC3200',
  manualUrl: 'https://support.industry.siemens.com/cs/ww/en/ps/7KM2112-0BA00-3AA0/man',
  protocol: 'modbus',
  ratioInMeter: true,
  points: [
    {
      quantity: 'energy.import',
      fc: 3,
      address: 801,
      type: 'f64',
      scale: 0.001,
      decimals: 3,
      manual: '801 Active energy import tariff 1, Wh',
    },
    {
      quantity: 'energy.export',
      fc: 3,
      address: 809,
      type: 'f64',
      scale: 0.001,
      decimals: 3,
      manual: '809 Active energy export tariff 1, Wh',
    },
    {
      quantity: 'power',
      fc: 3,
      address: 65,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: '65 Total active power, W',
    },
    { quantity: 'power.factor', fc: 3, address: 69, type: 'f32', decimals: 3, manual: '69 Total power factor' },
    { quantity: 'voltage.a', fc: 3, address: 1, type: 'f32', decimals: 1, manual: '1 Voltage A-N' },
    { quantity: 'voltage.b', fc: 3, address: 3, type: 'f32', decimals: 1, manual: '3 Voltage B-N' },
    { quantity: 'voltage.c', fc: 3, address: 5, type: 'f32', decimals: 1, manual: '5 Voltage C-N' },
    { quantity: 'current.a', fc: 3, address: 13, type: 'f32', decimals: 3, manual: '13 Current A' },
    { quantity: 'current.b', fc: 3, address: 15, type: 'f32', decimals: 3, manual: '15 Current B' },
    { quantity: 'current.c', fc: 3, address: 17, type: 'f32', decimals: 3, manual: '17 Current C' },
    { quantity: 'frequency', fc: 3, address: 55, type: 'f32', decimals: 2, manual: '55 Line frequency, Hz' },
  ],
} satisfies MeterTemplateData;
