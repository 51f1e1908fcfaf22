export * from './embedded.ts';
export type { DB } from './generated.ts';
export * from './logins.ts';
export * from './migrate.ts';
export * from './open.ts';
export type { Queryable } from './queryable.ts';
export * from './roles.ts';
export * from './secrets.ts';
export * from './storage/index.ts';
