import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  routes: { exportQuotaCompliance: () => ({ query: { format: 'csv' } }) },
};
