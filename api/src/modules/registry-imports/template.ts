import { stringify } from 'csv-stringify/sync';
import type { DataValidation, Worksheet } from 'exceljs';
import { MOST_ROWS } from '../../lib/sheets/sheet.ts';
import { CLEARED } from './cells.ts';
import type { Field, Kind, KindName, Reference } from './kind.ts';
import { KIND_OF } from './kinds/index.ts';
import { INSTRUCTIONS, LISTS } from './lines.ts';

type Language = 'zh' | 'en';
const FILLED_ROWS = 5_000;

/**
 * An empty workbook to fill in: one sheet a kind, drop-downs where the registry knows the codes, what to write beside each
 * heading and on a sheet of its own. What it holds can be imported as it is.
 */
export async function templateWorkbook(
  kinds: readonly KindName[],
  reference: Reference,
  language: Language,
): Promise<Buffer> {
  const { default: exceljs } = await import('exceljs');
  const book = new exceljs.Workbook();
  book.creator = 'Ganzhi 感知';
  const sheets = kinds.map((kind) => ({
    kind: KIND_OF[kind],
    sheet: book.addWorksheet(KIND_OF[kind].sheet[language], { views: [{ state: 'frozen', ySplit: 1 }] }),
  }));
  const notes = book.addWorksheet(INSTRUCTIONS[language]);
  const lists = book.addWorksheet(LISTS, { state: 'veryHidden' });
  let listed = 0;
  for (const { kind, sheet } of sheets) {
    kind.fields.forEach((field, i) => {
      const column = sheet.getColumn(i + 1);
      column.width = field.width ?? 14;
      // codes such as 001 stay as they are typed
      if (!isNumber(field)) column.numFmt = '@';
      const head = sheet.getCell(1, i + 1);
      head.value = headingOf(field, language);
      head.font = { bold: true, ...(field.required ? { color: { argb: 'FFB42318' } } : {}) };
      head.note = noteOf(field, language);
      if (!field.choices) return;
      const words = field.choices(reference).map((choice) => choice[language]);
      listed += 1;
      words.forEach((word, at) => {
        lists.getCell(at + 1, listed).value = word;
      });
      const letters = lists.getColumn(listed).letter;
      validate(sheet, `${column.letter}2:${column.letter}${FILLED_ROWS + 1}`, {
        type: 'list',
        allowBlank: true,
        formulae: [`${LISTS}!$${letters}$1:$${letters}$${Math.max(1, words.length)}`],
        showErrorMessage: true,
        errorTitle: language === 'zh' ? '请从列表选择' : 'Choose from the list',
        error: field.help[language],
      });
    });
  }
  writeNotes(
    notes,
    kinds.map((kind) => KIND_OF[kind]),
    language,
  );
  return Buffer.from(await book.xlsx.writeBuffer());
}

/** The heading line alone. */
export const templateCsv = (kind: KindName, language: Language): Buffer =>
  Buffer.from(
    stringify([KIND_OF[kind].fields.map((field) => headingOf(field, language))], {
      bom: true,
      record_delimiter: 'windows',
    }),
  );

export const headingOf = (field: Field, language: Language): string => `${field[language]}${field.required ? '*' : ''}`;

const isNumber = ({ example }: Field): boolean => /^\d{1,5}$/.test(example);

const noteOf = ({ help, example, required, clearable }: Field, language: Language): string => {
  const zh = [
    help.zh,
    required ? '新登记时必填。' : '',
    clearable ? `填“${CLEARED}”清空。` : '',
    example && `例：${example}`,
  ];
  const en = [
    help.en,
    required ? 'Needed for a new record.' : '',
    clearable ? `"${CLEARED}" empties it.` : '',
    example && `Example: ${example}`,
  ];
  return (language === 'zh' ? zh : en).filter(Boolean).join('\n');
};

/** The library keeps drop-downs of whole ranges, and does not say so in its types. */
function validate(sheet: Worksheet, range: string, validation: DataValidation): void {
  const { dataValidations } = sheet as unknown as {
    dataValidations: { add(range: string, validation: DataValidation): void };
  };
  dataValidations.add(range, validation);
}

function writeNotes(sheet: Worksheet, kinds: readonly Kind[], language: Language): void {
  const zh = [
    '每张工作表登记一类对象；不需要的工作表可以留空或删除，请勿修改表头。',
    '空白单元格保持原值（新登记时取默认值）；可清空的列填“-”清空。',
    '先检查、再提交：检查会列出每一处变化和每一处错误，提交要么全部成功，要么全部不做。',
    `每个文件最多 ${MOST_ROWS} 行。`,
  ];
  const en = [
    'Each sheet holds one kind of record; sheets you do not need may stay empty or go. Leave the headings as they are.',
    'An empty cell leaves what is registered (a new record gets the usual value); "-" empties what may be empty.',
    'Check first, then commit: the check lists every change and every error; a commit does all or nothing.',
    `A file may have ${MOST_ROWS} rows.`,
  ];
  for (const line of language === 'zh' ? zh : en) sheet.addRow([line]);
  for (const kind of kinds) {
    sheet.addRow([]);
    sheet.addRow([kind.sheet[language]]).font = { bold: true };
    for (const field of kind.fields)
      sheet.addRow([headingOf(field, language), noteOf(field, language).replaceAll('\n', ' ')]);
  }
  sheet.getColumn(1).width = 24;
  sheet.getColumn(2).width = 100;
}
