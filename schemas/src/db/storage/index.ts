export * from './maintain.ts';
export * from './report.ts';
