export { cutHarvest, type Harvest, READINGS_PER_BATCH, sealBatch, sealHarvest } from './batch.ts';
export { createEventQueue, type EventQueue, type QueuedEvent } from './events.ts';
export { type OutboxOptions, openOutbox } from './open-outbox.ts';
export type { Depth, Lane, Lost, Outbox, StoredBatch } from './outbox.ts';
