import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const own = 'needs a message or a channel of the caller; notifications.test.ts';

export const examples: ModuleExamples = {
  routes: { createNotificationChannel: () => ({ body: { channel: 'email', address: 'x@example.org' } }) },
  refusedAsExample: { markNotificationSeen: own, deleteNotificationChannel: own },
};
