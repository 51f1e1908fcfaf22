import { AsyncLocalStorage } from 'node:async_hooks';
import { type Claims, claimingPool, type Db } from '@ganzhi/schemas/db';

/**
 * The claims of the request that is being answered. Ambient on purpose: a module cannot forget to pass them, so every
 * statement of every module is scoped, also in modules written later (schemas/decisions/060).
 */
const current = new AsyncLocalStorage<Claims>();

/** Answers a request under its claims. */
export const underClaims = <T>(claims: Claims, work: () => T): T => current.run(claims, work);

/** The service's own work in the middle of a request: log-ins, tokens. Sees everything. */
export const asSystem = <T>(work: () => T): T => current.run('system', work);

/** A pool whose statements run under the claims of the request; outside requests it is the service itself. */
export const scopedPool = (db: Db): Db => claimingPool(db, () => current.getStore() ?? 'system');
