import { z } from 'zod';
import { Id, Instant, paging, text } from '../../lib/shapes.ts';

export const ClosedMonth = z
  .object({
    id: Id,
    /** `2026-11`, Asia/Shanghai. */
    month: z.string(),
    state: z.enum(['open', 'closed', 'reopened']),
    /** What was asked for and waits for a second person. */
    pending: z
      .object({ action: z.enum(['close', 'reopen']), reason: z.string(), by: z.string(), at: Instant })
      .nullable(),
    history: z.array(
      z.object({
        event: z.enum(['close', 'reopen', 'refuse']),
        reason: z.string(),
        askedBy: z.string(),
        decidedBy: z.string(),
        at: Instant,
      }),
    ),
  })
  .meta({ id: 'ClosedMonth' });
export const ClosedMonths = z.object({ items: z.array(ClosedMonth) });

const Month = z.string().regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'write the month as 2026-11');
const reason = text(1_000).min(1);
export const AskToClose = z.strictObject({
  month: Month,
  reason,
});
export const AskToReopen = z.strictObject({ reason });

/** Without `month`: of all. */
export const ListEntries = z.strictObject({ month: Month.optional(), ...paging });
/** Without `month`: of the latest that was closed. */
export const DifferenceQuery = z.strictObject({ month: Month.optional() });
export const EntryPage = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        meterId: Id,
        meterCode: z.string(),
        kind: z.enum(['closing', 'reversal', 'correction']),
        unit: z.string(),
        energy: z.number(),
        disputed: z.number(),
        at: Instant,
        reason: z.string(),
      })
      .meta({ id: 'LedgerEntry' }),
  ),
  nextCursor: z.string().nullable(),
});

/** Meters whose ledger says something else than the closed figure. */
export const Differences = z.object({
  items: z.array(
    z
      .object({ meterId: Id, meterCode: z.string(), unit: z.string(), closed: z.number(), now: z.number() })
      .meta({ id: 'ClosedMonthDifference' }),
  ),
});

export const ListReports = z.strictObject({
  /** SHA-256 of a file, hexadecimal: does it still stand? */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'write 64 hexadecimal digits')
    .optional(),
  ...paging,
});
export const ReportPage = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        kind: z.string(),
        from: z.string(),
        /** Not included. */
        to: z.string(),
        format: z.string(),
        sha256: z.string(),
        publishedBy: z.string(),
        publishedAt: Instant,
        /** A month in it was closed again with other figures; null: it stands. */
        supersededAt: Instant.nullable(),
        supersededFor: z.string().nullable(),
      })
      .meta({ id: 'PublishedReport' }),
  ),
  nextCursor: z.string().nullable(),
});
