import { AsyncLocalStorage } from 'node:async_hooks';
import { type Claims, claimingPool, type DataSpan, type Db } from '@ganzhi/schemas/db';

/**
 * The claims of the request that is being answered. Ambient on purpose: a module cannot forget to pass them, so every
 * statement of every module is scoped, also in modules written later (schemas/decisions/060).
 */
const current = new AsyncLocalStorage<Claims>();

/** Answers a request under its claims. */
export const underClaims = <T>(claims: Claims, work: () => T): T => current.run(claims, work);

/**
 * A part of an answer that shows figures of another span than the rest: a right limited to a span of data counts in `work`
 * only if it covers `span`, and what it does not show is not there. Changes nothing for the service's own work.
 */
export function showing<T>(span: DataSpan, work: () => T): T {
  const claims = current.getStore();
  return typeof claims === 'object' ? current.run({ ...claims, data: span }, work) : work();
}

/** What the same person may read one by one, whatever the route asked for. Narrows or widens nothing else. */
export function asReader<T>(work: () => T): T {
  const claims = current.getStore();
  if (typeof claims !== 'object') return work();
  // the scope that came with the claim is that of the route's permission
  const { wholeCity: _wholeCity, scope: _scope, ...person } = claims;
  return current.run({ ...person, permission: 'data.read' }, work);
}

/** The service's own work in the middle of a request: log-ins, tokens. Sees everything. */
export const asSystem = <T>(work: () => T): T => current.run('system', work);

/** A pool whose statements run under the claims of the request; outside requests it is the service itself. */
export const scopedPool = (db: Db): Db => claimingPool(db, () => current.getStore() ?? 'system');
