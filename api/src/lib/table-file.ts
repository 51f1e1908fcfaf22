import { parse } from 'csv-parse/sync';
import exceljs from 'exceljs';
import { Refusal } from '../errors/refuse.ts';

/** A table that a person uploads: text of each cell by the name of its column. */
export interface TableRow {
  /** Line of the file, from 1; the heading is line 1. */
  line: number;
  cells: Readonly<Record<string, string>>;
}

export interface Column {
  name: string;
  /** Headings that mean it, Chinese and English. */
  headings: readonly string[];
  required: boolean;
}

const MOST_ROWS = 20_000;

const unreadable = (zh: string, en: string): Refusal => new Refusal('invalid-request', { zh, en });

/**
 * Rows of a CSV (UTF-8, with or without BOM) or Excel file (first sheet).
 *
 * @param content base64
 * @throws Refusal `invalid-request` when the file cannot be read, has too many rows or lacks a column
 */
export async function readTable(
  format: 'csv' | 'xlsx',
  content: string,
  columns: readonly Column[],
): Promise<TableRow[]> {
  const bytes = Buffer.from(content, 'base64');
  const rows = format === 'csv' ? csvRows(bytes) : await excelRows(bytes);
  if (rows.length > MOST_ROWS) {
    throw unreadable(`最多 ${MOST_ROWS} 行，请分批导入。`, `At most ${MOST_ROWS} rows; import them in parts.`);
  }
  const [headings = [], ...data] = rows;
  const places = columns.map((column) => {
    const at = headings.findIndex((heading) => column.headings.includes(heading.trim().toLowerCase()));
    if (at < 0 && column.required) {
      const names = column.headings.join(' / ');
      throw unreadable(`缺少列：${names}。`, `A column is missing: ${names}.`);
    }
    return { name: column.name, at };
  });
  return data.flatMap((cells, i) => {
    if (cells.every((cell) => cell.trim() === '')) return [];
    const named = places.map(({ name, at }) => [name, at < 0 ? '' : (cells[at] ?? '').trim()] as const);
    return [{ line: i + 2, cells: Object.fromEntries(named) }];
  });
}

function csvRows(bytes: Buffer): string[][] {
  try {
    return parse(bytes.toString('utf8'), { bom: true, relax_column_count: true });
  } catch {
    throw unreadable(
      'CSV 无法解析，请检查引号与编码（UTF-8）。',
      'The CSV cannot be parsed; check quotes and encoding (UTF-8).',
    );
  }
}

async function excelRows(bytes: Buffer): Promise<string[][]> {
  const book = new exceljs.Workbook();
  try {
    await book.xlsx.load(new Uint8Array(bytes).buffer);
  } catch {
    throw unreadable(
      'Excel 文件无法打开，请另存为 .xlsx 后重试。',
      'The Excel file cannot be opened; save it as .xlsx and try again.',
    );
  }
  const sheet = book.worksheets[0];
  if (!sheet) throw unreadable('文件中没有工作表。', 'The file holds no sheet.');
  const rows: string[][] = [];
  for (let line = 1; line <= Math.min(sheet.rowCount, MOST_ROWS + 2); line += 1) {
    const cells: string[] = [];
    for (let column = 1; column <= Math.min(sheet.columnCount, 50); column += 1) {
      cells.push(cellText(sheet.getRow(line).getCell(column).value));
    }
    rows.push(cells);
  }
  return rows;
}

/** A formula's cell gives its last result; dates become calendar days, since a sheet has no zone. */
function cellText(value: exceljs.CellValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) {
    const text = value.toISOString();
    return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 16)}`;
  }
  if (typeof value !== 'object') return String(value);
  if ('result' in value) return cellText(value.result ?? '');
  if ('richText' in value) return value.richText.map(({ text }) => text).join('');
  if ('text' in value) return String(value.text);
  return '';
}
