import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  unscoped: {
    storeTemperatures: 'weather of the whole city',
    importTemperatures: 'weather of the whole city',
    listTemperatureFeeds: 'weather of the whole city',
    listDegreeDays: 'weather of the whole city',
  },
};
