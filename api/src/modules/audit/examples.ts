import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  unscoped: {
    listAudit: 'tells of everybody; only who has the whole city or is audit administrator sees a row (audit.test.ts)',
  },
};
