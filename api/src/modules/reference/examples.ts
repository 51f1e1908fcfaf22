import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const kept = 'reference data of the whole city';

const ifMatch = { 'if-match': '"1"' };
/** A change of what the creation beside it makes. */
const renamed = (code: string) => ({ params: { code }, headers: ifMatch, body: { nameEn: 'Renamed' } });

export const examples: ModuleExamples = {
  routes: {
    createDivision: () => ({ body: { code: '460000', nameZh: '新区划', nameEn: 'New' } }),
    updateDivision: () => renamed('460000'),
    createLine: () => ({ body: { code: 'NEW', nameZh: '新条线', nameEn: 'New' } }),
    updateLine: () => renamed('NEW'),
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
