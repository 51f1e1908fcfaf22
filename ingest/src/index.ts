export type { Clock } from './clock.ts';
export { type Ingest, type IngestOptions, startIngest } from './start.ts';
