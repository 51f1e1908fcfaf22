import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const kept = 'reference data of the whole city';

const ifMatch = { 'if-match': '"1"' };
const renamed = { params: { code: 'X' }, headers: ifMatch, body: { nameEn: 'New' } };

export const examples: ModuleExamples = {
  routes: {
    createDivision: () => ({ body: { code: '990000', nameZh: '新区划', nameEn: 'New' } }),
    updateDivision: () => renamed,
    createLine: () => ({ body: { code: 'NEW', nameZh: '新条线', nameEn: 'New' } }),
    updateLine: () => renamed,
  },
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
