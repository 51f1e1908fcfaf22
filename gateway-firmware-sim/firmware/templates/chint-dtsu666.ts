import type { MeterTemplateData } from './shape.ts';

/**
 * Chint DTSU666 and its siblings under other names: IEEE floats in holding registers, high word first; power, voltage and
 * current carry fixed factors. Registers are secondary values: the host multiplies by the CT and PT settings.
 */
export const chintDtsu666 = {
  id: 'chint-dtsu666',
  vendor: 'Chint 正泰',
  model: 'DTSU666',
  manualUrl:
    'https://www.deyeinverter.com/deyeinverter/2022/06/10/chintthreephase-instructionmanual-dt(s)su666-y0.464.1002v1.5190617.pdf',
  protocol: 'modbus',
  ratioInMeter: false,
  points: [
    { quantity: 'energy.import', fc: 3, address: 0x101e, type: 'f32', decimals: 2, manual: 'ImpEp 正向总有功电能 kWh' },
    { quantity: 'energy.export', fc: 3, address: 0x1028, type: 'f32', decimals: 2, manual: 'ExpEp 反向总有功电能 kWh' },
    {
      quantity: 'power',
      fc: 3,
      address: 0x2012,
      type: 'f32',
      scale: 0.0001,
      decimals: 3,
      manual: 'Pt 合相有功功率 ×0.1W',
    },
    {
      quantity: 'power.factor',
      fc: 3,
      address: 0x202a,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: 'PFt 合相功率因数 ×0.001',
    },
    { quantity: 'voltage.a', fc: 3, address: 0x2006, type: 'f32', scale: 0.1, decimals: 1, manual: 'Ua A相电压 ×0.1V' },
    { quantity: 'voltage.b', fc: 3, address: 0x2008, type: 'f32', scale: 0.1, decimals: 1, manual: 'Ub B相电压 ×0.1V' },
    { quantity: 'voltage.c', fc: 3, address: 0x200a, type: 'f32', scale: 0.1, decimals: 1, manual: 'Uc C相电压 ×0.1V' },
    {
      quantity: 'current.a',
      fc: 3,
      address: 0x200c,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: 'Ia A相电流 ×0.001A',
    },
    {
      quantity: 'current.b',
      fc: 3,
      address: 0x200e,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: 'Ib B相电流 ×0.001A',
    },
    {
      quantity: 'current.c',
      fc: 3,
      address: 0x2010,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: 'Ic C相电流 ×0.001A',
    },
    {
      quantity: 'frequency',
      fc: 3,
      address: 0x2044,
      type: 'f32',
      scale: 0.01,
      decimals: 2,
      manual: 'Freq 频率 ×0.01Hz',
    },
  ],
} satisfies MeterTemplateData;
