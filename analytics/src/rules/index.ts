/** Pure rules: no I/O, no clock. The api (previews, exports) and the offline verifier may import them. */
export * from './quota.ts';
