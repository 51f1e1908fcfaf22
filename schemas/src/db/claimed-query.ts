import pg from 'pg';

/**
 * Sets the claim, and how named statements are planned, until the end of the transaction. Prepared under its own name on every
 * connection that claims.
 */
const CLAIM = {
  name: 'ganzhi-claim',
  text: `select set_config('ganzhi.claims', $1, true), set_config('ganzhi.scope', $2, true),
    set_config('plan_cache_mode', $3, true)`,
};

/** What a claim sets; text for `ganzhi.claims` and `ganzhi.scope` (migration 0140). */
export interface ClaimText {
  claims: string;
  scope: string;
}

/** Methods that pg (8.23, lib/query.js) calls on the query that is under way; its types leave them out. */
interface Handlers {
  prepare(connection: pg.Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
}
const usual = pg.Query.prototype as unknown as Handlers;

/**
 * One statement and its claim in one round trip: both go out before the one Sync, so PostgreSQL runs them in one transaction
 * that ends with it (protocol 55.2.3). Three statements of their own (begin, the statement, commit) cost three waits.
 */
class ClaimedQuery extends pg.Query implements Handlers {
  readonly #claim: readonly string[];
  #claimed = false;

  constructor(
    config: pg.QueryConfig & { queryMode: 'extended' },
    claim: readonly string[],
    done: (error: Error | undefined, result: pg.ResultBuilder) => void,
  ) {
    super(config, done);
    this.#claim = claim;
  }

  prepare(connection: pg.Connection): void {
    connection.bind({ statement: CLAIM.name, values: [...this.#claim] }, true);
    connection.execute({}, true);
    usual.prepare.call(this, connection);
  }

  handleDataRow(message: unknown): void {
    if (this.#claimed) usual.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, connection: pg.Connection): void {
    if (this.#claimed) usual.handleCommandComplete.call(this, message, connection);
    this.#claimed = true;
  }
}

const ready = new WeakSet<pg.PoolClient>();

/**
 * Runs one statement under a claim that ends with it.
 *
 * A statement with a `name` is planned once for all values (`force_generic_plan`): planning costs more than most of them. Name
 * what is asked often and whose plan does not depend on its values.
 *
 * @param client borrowed from a pool and not inside a transaction
 */
export async function queryUnderClaim(
  client: pg.PoolClient,
  { claims, scope }: ClaimText,
  config: pg.QueryConfig,
): Promise<pg.QueryResult> {
  if (!ready.has(client)) {
    await client.query({ ...CLAIM, values: ['none', '', 'auto'] });
    ready.add(client);
  }
  const claim = [claims, scope, config.name ? 'force_generic_plan' : 'auto'];
  try {
    return await new Promise((resolve, reject) => {
      client.query(
        new ClaimedQuery({ ...config, queryMode: 'extended' }, claim, (error, result) =>
          error ? reject(error) : resolve(result),
        ),
      );
    });
  } catch (error) {
    // the driver's own stack leads to a socket; this one leads to who asked
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}
