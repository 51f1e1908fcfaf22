/** Pure rules: no I/O, no clock. The api (previews, exports) and the offline verifier may import them. */
export * from './alarm/index.ts';
export * from './decision.ts';
export {
  FINDING_KINDS,
  type FindingKind,
  type Plot,
  SEVERITIES,
  type Severity,
  severityOf,
  UNIT_KINDS,
  type UnitKind,
  WASTE_KINDS,
} from './detect/finding.ts';
export * from './detect/thresholds.ts';
export * from './detect/words.ts';
export * from './edit.ts';
export * from './energy/index.ts';
export * from './estimate.ts';
export * from './estimate-references.ts';
export * from './ledger.ts';
export * from './quota.ts';
export * from './ratio.ts';
export * from './register.ts';
export * from './replacement.ts';
export * from './vee-rules.ts';
