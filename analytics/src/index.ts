export { type Conservation, checkConservation, type Difference } from './check/conservation.ts';
export { nextProof, proveEverything } from './check/nightly.ts';
export { bookManualReadings } from './energy/manual-readings.ts';
export { type EnergyRound, recomputeEnergy, settleEnergy } from './energy/recompute.ts';
export { markAll } from './ledger/mark-all.ts';
export { type RecomputeOptions, type Round, recomputeDirty, recomputeLanes } from './ledger/recompute.ts';
export { type Analytics, type AnalyticsOptions, startAnalytics } from './service/start.ts';
export { estimateSpans } from './vee/estimate.ts';
export { estimateOpenGaps } from './vee/open.ts';
