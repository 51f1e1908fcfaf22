export * from './maintain.ts';
export * from './nightly.ts';
export * from './report.ts';
