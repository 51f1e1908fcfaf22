import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  routes: {
    createTariffAssignment: () => ({
      body: { tariffCode: 'jiangsu-two-part', validFrom: '2026-01-01', sourceDocument: 'x' },
    }),
  },
  unscoped: { listTariffs: 'public reference data', createTariff: 'reference data of the whole city' },
  refusedAsExample: {
    createTariff: 'its content is long; tariffs.test.ts',
  },
};
