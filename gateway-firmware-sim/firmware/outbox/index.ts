export { cutHarvest, type Harvest, READINGS_PER_BATCH, sealBatch, sealHarvest } from './batch.ts';
export { createEventQueue, type EventQueue, type QueuedEvent } from './events.ts';
export { type OutboxOptions, openOutbox } from './open-outbox.ts';
export type { Depth, Healed, Lane, Lost, OpenLane, Outbox, Stamp, StoredBatch, Truth } from './outbox.ts';
