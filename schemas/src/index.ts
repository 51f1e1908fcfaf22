export * from './config.ts';
export * from './counts.ts';
export * from './errors.ts';
export * from './quantities.ts';
export * from './telemetry.ts';
export * from './template.ts';
export * from './time.ts';
export * from './topics.ts';
