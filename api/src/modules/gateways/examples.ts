import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const version = { 'if-match': '"1"' };

export const examples: ModuleExamples = {
  routes: {
    createGateway: (world, place) => ({
      body: { code: `GW-NEW-${place}`, institutionCode: world[place].institutionCode, nameZh: '新', nameEn: 'New' },
    }),
    updateGateway: () => ({ headers: version, body: { nameZh: '改名' } }),
    retireGateway: () => ({ headers: version, body: { reason: '拆除' } }),
  },
};
