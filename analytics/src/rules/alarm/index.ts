export * from './policy.ts';
export * from './reasons.ts';
