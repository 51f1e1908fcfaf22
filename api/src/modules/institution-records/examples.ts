import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  routes: { getInstitutionRecord: (world, place) => ({ params: { id: world[place].institutionId } }) },
};
