import { stringify } from 'csv-stringify/sync';
import type { Language } from '../../errors/language.ts';
import type { Cell, Column } from './columns.ts';

/** UTF-8 with BOM and CRLF, which spreadsheet programs in China open correctly. Empty where nothing is known. */
export function csvFile<Line>(columns: readonly Column<Line>[], lines: readonly Line[], language: Language): Buffer {
  const records = [
    columns.map((column) => column[language]),
    ...lines.map((line) => columns.map((column) => harmless(column.cell(line, language)))),
  ];
  return Buffer.from(stringify(records, { bom: true, record_delimiter: 'windows' }));
}

/** A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers. */
export const harmless = (cell: Cell): Cell =>
  typeof cell === 'string' && /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
