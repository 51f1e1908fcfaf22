import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { stringify } from 'csv-stringify/sync';
import { harmless } from '../exports/csv.ts';
import { cellOf } from './cells.ts';
import { type Field, type KindName, keyOf, type Reference, type Value, type Values } from './kind.ts';
import { KIND_OF } from './kinds/index.ts';
import { headingOf } from './template.ts';

type Language = 'zh' | 'en';
const PAGE = 2_000;

/** The registry inside the caller's scope as a workbook that can be imported again: a sheet a kind, a line a record. */
export async function exportWorkbook(
  db: Db | Tx,
  kinds: readonly KindName[],
  reference: Reference,
  language: Language,
) {
  const { default: exceljs } = await import('exceljs');
  const stream = new PassThrough();
  const written = buffer(stream);
  const book = new exceljs.stream.xlsx.WorkbookWriter({ stream, useStyles: true });
  book.creator = 'Ganzhi 感知';
  let rows = 0;
  for (const name of kinds) {
    const { fields, sheet: title } = KIND_OF[name];
    const sheet = book.addWorksheet(title[language], { views: [{ state: 'frozen', ySplit: 1 }] });
    sheet.columns = fields.map((field) => ({ header: headingOf(field, language), width: field.width ?? 14 }));
    sheet.getRow(1).font = { bold: true };
    sheet.getRow(1).commit();
    for await (const values of recordsOf(db, name)) {
      sheet.addRow(cellsOf(fields, values, reference, language)).commit();
      rows += 1;
    }
    sheet.commit();
  }
  await book.commit();
  return { content: await written, rows };
}

/** One kind as CSV for spreadsheet programs: UTF-8 with its mark, no text that would run as a formula. */
export async function exportCsv(db: Db | Tx, kind: KindName, reference: Reference, language: Language) {
  const { fields } = KIND_OF[kind];
  const records: Value[][] = [fields.map((field) => headingOf(field, language))];
  for await (const values of recordsOf(db, kind)) {
    records.push(cellsOf(fields, values, reference, language).map((cell) => harmless(cell) ?? null));
  }
  return {
    content: Buffer.from(stringify(records, { bom: true, record_delimiter: 'windows' })),
    rows: records.length - 1,
  };
}

const cellsOf = (fields: readonly Field[], values: Values, reference: Reference, language: Language): Value[] =>
  fields.map((field) => cellOf(field, values[field.name] ?? null, reference, language));

async function* recordsOf(db: Db | Tx, name: KindName): AsyncGenerator<Values> {
  const kind = KIND_OF[name];
  let after = '';
  for (;;) {
    const page = await kind.page(db, after, PAGE);
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = keyOf(kind, last);
  }
}
