import type { MeterTemplateData } from './shape.ts';

/**
 * A meter that follows the names of OPC 34100 Energy Consumption Management 1.0.0: variables with these browse names
 * below one object. 34100 counts in Wh and W.
 */
export const opcfoundationEcm = {
  id: 'opcfoundation-ecm',
  vendor: 'OPC Foundation',
  model: 'OPC 34100 energy meter',
  manualUrl: 'https://reference.opcfoundation.org/specs/OPC-34100',
  protocol: 'opcua',
  ratioInMeter: true,
  points: [
    {
      quantity: 'energy.import',
      path: 'AcActiveEnergyTotalImportLp',
      scale: 0.001,
      decimals: 3,
      manual: 'id 1001, Wh',
    },
    { quantity: 'power', path: 'AcActivePowerTotal', scale: 0.001, decimals: 3, manual: 'id 1412, W' },
  ],
} satisfies MeterTemplateData;
