import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  unscoped: {
    listDivisions: 'public reference data',
    listInstitutionTypes: 'public reference data',
  },
};
