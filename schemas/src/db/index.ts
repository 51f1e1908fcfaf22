export * from './embedded.ts';
export type { DB } from './generated.ts';
export * from './migrate.ts';
export * from './open.ts';
export * from './reader.ts';
export * from './roles.ts';
export * from './secrets.ts';
