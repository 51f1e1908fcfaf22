import type { MeterTemplateData } from './shape.ts';

/**
 * Eastron SDM630-Modbus V2 and SDM630MCT: IEEE floats in input registers, high word first.
 * The CT ratio of the MCT model is set in the meter, so its registers are primary values.
 */
export const eastronSdm630 = {
  id: 'eastron-sdm630',
  vendor: 'Eastron',
  model: 'SDM630-Modbus V2',
  manualUrl: 'https://www.eastroneurope.com/images/uploads/products/protocol/SDM630_MODBUS_Protocol.pdf',
  protocol: 'modbus',
  ratioInMeter: true,
  points: [
    { quantity: 'energy.import', fc: 4, address: 0x0048, type: 'f32', decimals: 2, manual: '30073 Total Import kWh' },
    { quantity: 'energy.export', fc: 4, address: 0x004a, type: 'f32', decimals: 2, manual: '30075 Total Export kWh' },
    {
      quantity: 'power',
      fc: 4,
      address: 0x0034,
      type: 'f32',
      scale: 0.001,
      decimals: 3,
      manual: '30053 Total system power, W',
    },
    {
      quantity: 'power.factor',
      fc: 4,
      address: 0x003e,
      type: 'f32',
      decimals: 3,
      manual: '30063 Total system power factor',
    },
    {
      quantity: 'voltage.a',
      fc: 4,
      address: 0x0000,
      type: 'f32',
      decimals: 1,
      manual: '30001 Phase 1 line to neutral volts',
    },
    {
      quantity: 'voltage.b',
      fc: 4,
      address: 0x0002,
      type: 'f32',
      decimals: 1,
      manual: '30003 Phase 2 line to neutral volts',
    },
    {
      quantity: 'voltage.c',
      fc: 4,
      address: 0x0004,
      type: 'f32',
      decimals: 1,
      manual: '30005 Phase 3 line to neutral volts',
    },
    { quantity: 'current.a', fc: 4, address: 0x0006, type: 'f32', decimals: 3, manual: '30007 Phase 1 current' },
    { quantity: 'current.b', fc: 4, address: 0x0008, type: 'f32', decimals: 3, manual: '30009 Phase 2 current' },
    { quantity: 'current.c', fc: 4, address: 0x000a, type: 'f32', decimals: 3, manual: '30011 Phase 3 current' },
    {
      quantity: 'frequency',
      fc: 4,
      address: 0x0046,
      type: 'f32',
      decimals: 2,
      manual: '30071 Frequency of supply voltages',
    },
  ],
} satisfies MeterTemplateData;
