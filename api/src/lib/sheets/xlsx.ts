import type { CellValue, Worksheet } from 'exceljs';
import type { BothLanguages } from '../../errors/refuse.ts';
import {
  isEmptyRow,
  MOST_COLUMNS,
  MOST_ROWS,
  type Sheet,
  type SheetRow,
  sheetRow,
  tooManyRows,
  unreadable,
} from './sheet.ts';
import { checkZip } from './zip.ts';

/**
 * The sheets of a workbook, in order. A formula gives its last result; a date becomes a calendar day, since a sheet
 * has no zone.
 *
 * @throws Refusal `invalid-request` when it cannot be opened, `too-large` on too many rows or too much inside
 */
export async function readXlsx(bytes: Buffer): Promise<Sheet[]> {
  checkZip(bytes);
  // It takes tens of megabytes: loaded when a workbook comes.
  const { default: exceljs } = await import('exceljs');
  const book = new exceljs.Workbook();
  try {
    await book.xlsx.load(new Uint8Array(bytes).buffer);
  } catch {
    throw unreadable(
      'Excel 文件无法打开，请另存为 .xlsx 后重试。',
      'The Excel file cannot be opened; save it as .xlsx and try again.',
    );
  }
  if (book.worksheets.length === 0) throw unreadable('文件中没有工作表。', 'The file holds no sheet.');
  const sheets = book.worksheets.map(sheetOf);
  const rows = sheets.reduce((sum, sheet) => sum + sheet.rows.length, 0);
  if (rows > MOST_ROWS + sheets.length) throw tooManyRows();
  return sheets;
}

function sheetOf(sheet: Worksheet): Sheet {
  const rows: SheetRow[] = [];
  // rows that were formatted and never filled are there as well
  sheet.eachRow((row, line) => {
    const faults: SheetRow['faults'] = [];
    // one beyond what is read, so that it is noticed; a formatted row may claim sixteen thousand
    let last = 0;
    row.eachCell((_, place) => {
      last = place;
    });
    const texts = Array.from({ length: Math.min(last, 4 * MOST_COLUMNS) }, (_, at) => {
      const value = cellText(row.getCell(at + 1).value);
      if (typeof value === 'string') return value;
      faults.push({ at, words: value });
      return '';
    });
    const read = sheetRow(line, texts, faults);
    if (!isEmptyRow(read) || faults.length > 0) rows.push(read);
  });
  return { name: sheet.name.trim(), hidden: sheet.state !== 'visible', rows };
}

const NOT_EXACT = {
  zh: '数字超过 15 位，Excel 已丢失末位，请把单元格设为文本后重填。',
  en: 'A number of more than 15 digits: Excel has lost the last ones; format the cell as text and type it anew.',
};

function cellText(value: CellValue): string | BothLanguages {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Math.abs(value) >= 1e15 ? NOT_EXACT : numberText(value);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return { zh: '日期无效。', en: 'The date is not valid.' };
    const text = value.toISOString();
    return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 16);
  }
  if (typeof value !== 'object') return String(value);
  if ('error' in value) {
    return { zh: `单元格为错误值 ${value.error}，请修正。`, en: `The cell is the error ${value.error}; mend it.` };
  }
  // a formula that was never computed has no result
  if ('formula' in value || 'sharedFormula' in value) return cellText(value.result ?? '');
  if ('richText' in value) return value.richText.map(({ text }) => text).join('');
  if ('text' in value) return cellText(value.text as CellValue);
  return '';
}

/** 0.1 + 0.2 is what the sheet shows, 0.3: spreadsheets keep fifteen digits. */
const numberText = (value: number): string => {
  const text = String(Number(value.toPrecision(15)));
  return text.includes('e') ? value.toFixed(15).replace(/\.?0+$/, '') : text;
};
