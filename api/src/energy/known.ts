/** Statements as known on an instant: the ledger's second time axis, and what had been received by then. */

/**
 * A table of the ledger now, or as known on an instant.
 *
 * @param at placeholder of the instant, with its cast; undefined: now
 */
export const ledgerTable = (table: 'hour' | 'day' | 'span', at: string | undefined): string =>
  at === undefined ? `ledger.${table}` : `ledger.${table}_as_known(${at})`;

/**
 * Whether a reading had been received by an instant: with its batch, or booked from a person's note (negative batch id).
 *
 * @param r alias of metering.reading
 */
export const receivedBy = (r: string, at: string | undefined): string =>
  at === undefined
    ? 'true'
    : `coalesce((select b.received_at from metering.batch b where b.id = ${r}.batch_id),
        (select q.booked_at from energy.manual_reading q where q.id = -${r}.batch_id), '-infinity') <= ${at}`;

/**
 * Energy of meters by day (`energy.meter_days`), now or as known on an instant.
 *
 * @param at placeholder of the instant, with its cast; undefined: now
 */
export const meterDaysOf = (ids: string, from: string, to: string, at: string | undefined): string =>
  at === undefined
    ? `energy.meter_days(${ids}, ${from}, ${to})`
    : `energy.meter_days_as_known(${ids}, ${from}, ${to}, ${at})`;

/** The instant of a statement that asks for all times: `infinity` stands for now. */
export const asKnown = (knownOn: number | undefined): Date | string =>
  knownOn === undefined ? 'infinity' : new Date(knownOn);
