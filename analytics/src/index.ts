export { type Conservation, checkConservation, type Difference } from './check/conservation.ts';
export { nextProof, proveEverything } from './check/nightly.ts';
export { markAll } from './ledger/mark-all.ts';
export { type RecomputeOptions, type Round, recomputeDirty } from './ledger/recompute.ts';
export { type Analytics, type AnalyticsOptions, startAnalytics } from './service/start.ts';
export { estimateSpans } from './vee/estimate.ts';
