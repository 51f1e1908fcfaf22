import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const kept = 'reference data of the whole city';

export const examples: ModuleExamples = {
  unscoped: {
    listDivisions: 'public reference data',
    createDivision: kept,
    updateDivision: kept,
    listLines: 'public reference data',
    createLine: kept,
    updateLine: kept,
    listInstitutionTypes: 'public reference data',
  },
};
