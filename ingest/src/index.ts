export type { Clock } from './clock.ts';
export { CollectorClient } from './doors/collector/client.ts';
export { type CollectorProfile, parseCollectorProfiles } from './doors/collector/profile.ts';
export type { OutsideBroker } from './doors/mqtt/outside.ts';
export { type Ingest, type IngestOptions, startIngest } from './start.ts';
