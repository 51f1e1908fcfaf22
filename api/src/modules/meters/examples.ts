import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const version = { 'if-match': '"1"' };

export const examples: ModuleExamples = {
  routes: {
    createMeter: (world, place) => ({
      body: {
        code: `NEW-${place}`,
        nameZh: '新表',
        nameEn: 'New',
        institutionCode: world[place].institutionCode,
        medium: 'electricity',
        template: 'eastron-sdm630',
      },
    }),
    updateMeter: () => ({ headers: version, body: { nameZh: '改名' } }),
    retireMeter: () => ({ headers: version, body: { reason: '拆除' } }),
  },
};
