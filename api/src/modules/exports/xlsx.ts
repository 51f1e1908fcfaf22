import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Language } from '../../errors/language.ts';
import type { Column } from './columns.ts';

/**
 * A workbook of one table, written row by row. Text cells are stored as text, so nothing in them can become a formula. The
 * library is loaded at the first export: most days nobody asks for one, and it takes tens of megabytes.
 */
export async function xlsxFile<Line>(
  sheetName: string,
  columns: readonly Column<Line>[],
  lines: readonly Line[],
  language: Language,
  madeAt: number,
): Promise<Buffer> {
  const { default: ExcelJS } = await import('exceljs');
  const stream = new PassThrough();
  const written = buffer(stream);
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ stream, useStyles: true });
  workbook.creator = 'Ganzhi 感知';
  workbook.created = new Date(madeAt);
  const sheet = workbook.addWorksheet(sheetName, { views: [{ state: 'frozen', ySplit: 1, xSplit: 2 }] });
  sheet.columns = columns.map((column) => ({
    header: column[language],
    width: column.width,
    ...(column.format ? { style: { numFmt: column.format } } : {}),
  }));
  const head = sheet.getRow(1);
  head.font = { bold: true };
  head.commit();
  sheet.autoFilter = { from: { row: 1, column: 1 }, to: { row: lines.length + 1, column: columns.length } };
  for (const line of lines) sheet.addRow(columns.map((column) => column.cell(line, language))).commit();
  sheet.commit();
  await workbook.commit();
  return written;
}
