import { CsvError, parse } from 'csv-parse/sync';
import { MOST_ROWS, type Sheet, sheetRow, tooManyRows, unreadable } from './sheet.ts';

/**
 * The one table of a CSV. UTF-8 and UTF-16 by their marks, UTF-8 without one, else GB18030, which spreadsheet programs in
 * China write by default. Comma, semicolon or tab, whichever the heading has most of.
 *
 * @throws Refusal `invalid-request` on another encoding or broken quotes (with the line), `too-large` on too many rows
 */
export function readCsv(bytes: Buffer): Sheet {
  // the library counts a CRLF inside quotes as two lines
  const text = decoded(bytes).replace(/\r\n?/g, '\n');
  const rows: Sheet['rows'] = [];
  try {
    const options = { delimiter: delimiterOf(text), relax_column_count: true, info: true, to: MOST_ROWS + 2 };
    // the library types its records as if `info` were never asked for
    const records = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    // `lines` is where the record ends: one with a line break inside a cell begins earlier, and the next is one further
    let line = 1;
    for (const { record, info } of records) {
      rows.push(sheetRow(line, record));
      line = info.lines + 1;
    }
  } catch (cause) {
    const at = cause instanceof CsvError && typeof cause.lines === 'number' ? cause.lines : 1;
    throw unreadable(
      `CSV 第 ${at} 行附近无法解析，请检查引号是否成对。`,
      `The CSV cannot be parsed near line ${at}; check that its quotes are closed.`,
    );
  }
  if (rows.length > MOST_ROWS + 1) throw tooManyRows();
  return { name: '', hidden: false, rows };
}

function decoded(bytes: Buffer): string {
  const [a, b] = bytes;
  const marked = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : undefined;
  for (const encoding of marked ? [marked] : ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // not this one
    }
  }
  throw unreadable(
    '无法识别 CSV 的文字编码，请另存为“CSV UTF-8”。',
    'The encoding of the CSV is not known; save it as "CSV UTF-8".',
  );
}

function delimiterOf(text: string): string {
  const [heading = ''] = text.split('\n', 1);
  const counts = [',', ';', '\t'].map((mark) => ({ mark, n: heading.split(mark).length }));
  return counts.reduce((best, one) => (one.n > best.n ? one : best)).mark;
}
