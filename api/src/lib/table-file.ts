import { readSheets } from './sheets/read.ts';
import { isEmptyRow, type SheetFormat, type SheetRow, unreadable } from './sheets/sheet.ts';

/** A table that a person uploads: text of each cell by the name of its column. */
export interface TableRow {
  /** Line of the file, from 1; the heading is line 1. */
  line: number;
  cells: Readonly<Record<string, string>>;
}

export interface Column {
  name: string;
  /** Headings that mean it, Chinese and English, in lower case. */
  headings: readonly string[];
  required: boolean;
}

/**
 * Rows of a CSV (UTF-8 or GB18030) or Excel file (first sheet).
 *
 * @param content base64
 * @throws Refusal `invalid-request` when the file or a cell cannot be read or a column is missing, `too-large` on too many rows
 */
export async function readTable(format: SheetFormat, content: string, columns: readonly Column[]): Promise<TableRow[]> {
  const sheet = (await readSheets(Buffer.from(content, 'base64'), format)).find(({ hidden }) => !hidden);
  const [headings, ...data] = sheet?.rows ?? [];
  const places = placesOf(headings, columns);
  const [missing] = columns.filter(({ name, required }) => required && places.get(name) === undefined);
  if (missing) {
    const names = missing.headings.join(' / ');
    throw unreadable(`缺少列：${names}。`, `A column is missing: ${names}.`);
  }
  return data.flatMap((row) => {
    const [fault] = row.faults;
    if (fault) {
      const where = `${row.line}/${fault.at + 1}`;
      throw unreadable(`第 ${where} 格：${fault.words.zh}`, `Line/cell ${where}: ${fault.words.en}`);
    }
    return isEmptyRow(row) ? [] : [{ line: row.line, cells: cellsOf(row, places) }];
  });
}

/** Where each column stands, from 0; absent where the heading does not name it. `*` and a note in brackets mean nothing. */
export function placesOf(
  heading: SheetRow | undefined,
  columns: readonly Pick<Column, 'name' | 'headings'>[],
): Map<string, number> {
  const texts = (heading?.cells ?? []).map(plainHeading);
  const found = columns.map(
    ({ name, headings }) => [name, texts.findIndex((text) => headings.includes(text))] as const,
  );
  return new Map(found.filter(([, at]) => at >= 0));
}

export const plainHeading = (text: string): string =>
  text
    .replace(/[（(].*[)）]\s*\*?$/, '')
    .replace(/[*＊]/g, '')
    .trim()
    .toLowerCase();

const cellsOf = ({ cells }: SheetRow, places: ReadonlyMap<string, number>): Record<string, string> =>
  Object.fromEntries([...places].map(([name, at]) => [name, cells[at] ?? '']));
