import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  routes: {
    storeTemperatures: () => ({ body: { source: 'x', hours: [{ hour: '2026-11-01T08:00:00+08:00', meanC: 9 }] } }),
    importTemperatures: () => ({
      body: {
        source: 'x',
        format: 'csv',
        content: Buffer.from('时间,温度\n2026-11-01 09:00,9\n').toString('base64'),
        preview: false,
      },
    }),
  },
  unscoped: {
    storeTemperatures: 'weather of the whole city',
    importTemperatures: 'weather of the whole city',
    listTemperatureFeeds: 'weather of the whole city',
    listDegreeDays: 'weather of the whole city',
  },
};
