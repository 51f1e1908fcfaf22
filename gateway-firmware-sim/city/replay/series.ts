import { GanzhiError, SECOND } from '@ganzhi/schemas';

/** Energy of one interval [start, start + interval), kWh. */
export interface SeriesRow {
  start: number;
  kwh: number;
}

/** A row that says nothing usable; the interval counts as missing. */
export interface RejectedRow {
  line: number;
  reason: 'duplicate-start' | 'no-value' | 'negative-value';
  text: string;
}

export interface Series {
  /** Ascending, starts distinct. */
  rows: readonly SeriesRow[];
  rejected: readonly RejectedRow[];
  /** The most common distance of starts. */
  intervalMs: number;
}

const STAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Parses `start,value` (kWh per interval). Stamps carry an offset or are read in `zone`.
 *
 * Of rows with one start the first is kept; rows without a number (empty, NaN) or with a negative one are missing. All of
 * these are listed in `rejected`.
 *
 * @param options.zone offset of stamps without one, `Z` or `+08:00`; default UTC
 * @throws GanzhiError `invalid-request` naming line and column, for anything else that is not such a file
 */
export function parseSeries(text: string, { zone = 'Z' }: { zone?: string } = {}): Series {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (!/^\s*start\s*,\s*value\s*$/.test(header)) throw wrong(1, 1, 'the first line must be "start,value"');
  const byStart = new Map<number, SeriesRow>();
  const rejected: RejectedRow[] = [];
  lines.forEach((row, index) => {
    const line = index + 2;
    if (row.trim() === '') return;
    const cells = row.split(',');
    if (cells.length !== 2) throw wrong(line, row.length, `two columns expected, ${cells.length} found`);
    const [stamp = '', number = ''] = cells;
    const start = parseStamp(stamp.trim(), zone);
    if (start === undefined) throw wrong(line, 1, `"${stamp}" is no time; write 2026-11-23T08:00:00+08:00`);
    const kwh = parseNumber(number.trim());
    if (kwh === undefined) throw wrong(line, stamp.length + 2, `"${number}" is no number`);
    const reason = byStart.has(start)
      ? 'duplicate-start'
      : Number.isNaN(kwh)
        ? 'no-value'
        : kwh < 0
          ? 'negative-value'
          : undefined;
    if (reason) rejected.push({ line, reason, text: row });
    else byStart.set(start, { start, kwh });
  });
  const rows = [...byStart.values()].sort((a, b) => a.start - b.start);
  if (rows.length < 2) throw wrong(2, 1, 'at least two rows with values are needed to tell the interval');
  return { rows, rejected, intervalMs: commonDistance(rows) };
}

/** Contiguous rows as one stretch [from, to); between two runs the series has a hole. */
export interface Run {
  from: number;
  to: number;
}

/** The stretches of time that rows cover without a hole. */
export function runsOf({ rows, intervalMs }: Series): Run[] {
  const runs: Run[] = [];
  for (const { start } of rows) {
    const run = runs.at(-1);
    if (run && start <= run.to) run.to = start + intervalMs;
    else runs.push({ from: start, to: start + intervalMs });
  }
  return runs;
}

function parseStamp(text: string, zone: string): number | undefined {
  const match = STAMP.exec(text);
  if (!match) return undefined;
  const [, date = '', time = '', offset = zone] = match;
  const iso = `${date}T${time}${offset.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`;
  const t = Date.parse(iso);
  // Date.parse rolls 30 February into March: the stamp must come back as written.
  const atUtc = Date.parse(`${date}T00:00:00Z`);
  const rolled = Number.isNaN(atUtc) || new Date(atUtc).toISOString().slice(0, 10) !== date;
  return Number.isNaN(t) || rolled ? undefined : t;
}

/** NaN for a value that is said to be missing; undefined for something that is no number at all. */
function parseNumber(text: string): number | undefined {
  if (text === '' || /^(nan|null|na)$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function commonDistance(rows: readonly SeriesRow[]): number {
  const counts = new Map<number, number>();
  let best = SECOND;
  for (let i = 1; i < rows.length; i += 1) {
    const distance = (rows[i]?.start ?? 0) - (rows[i - 1]?.start ?? 0);
    const count = (counts.get(distance) ?? 0) + 1;
    counts.set(distance, count);
    if (count > (counts.get(best) ?? 0)) best = distance;
  }
  return best;
}

const wrong = (line: number, column: number, what: string): GanzhiError =>
  new GanzhiError('invalid-request', `line ${line}, column ${column}: ${what}`);
