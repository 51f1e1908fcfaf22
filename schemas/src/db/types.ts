import pg from 'pg';

/**
 * How PostgreSQL values become JavaScript values, once for all: int8 is a bigint (counts must not lose digits), numeric
 * and interval stay text, timestamptz is epoch milliseconds, date stays `2026-11-23` (a calendar day has no instant).
 */
const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const INTERVAL = 1186;

export const typeParsers = new pg.TypeOverrides();
typeParsers.setTypeParser(INT8, (text) => BigInt(text));
typeParsers.setTypeParser(DATE, (text) => text);
typeParsers.setTypeParser(INTERVAL, (text) => text);
typeParsers.setTypeParser(TIMESTAMPTZ, parseTimestamptz);

/** `2026-11-23 08:00:00.5+08` or `-infinity`; the connection runs in UTC, but any numeric offset is understood. */
function parseTimestamptz(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const iso = text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00');
  return Date.parse(iso);
}
