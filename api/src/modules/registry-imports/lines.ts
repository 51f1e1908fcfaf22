import { isEmptyRow, type Sheet, unreadable } from '../../lib/sheets/sheet.ts';
import { placesOf, plainHeading } from '../../lib/table-file.ts';
import { type Field, KINDS, type Kind, type KindName } from './kind.ts';
import { KIND_OF } from './kinds/index.ts';
import type { GivenLine } from './plan.ts';

/** Where the columns of a kind stand in the file. */
export interface Layout {
  sheet: string;
  /** By field, from 1. */
  places: Record<string, number>;
}

export interface FileError {
  kind: KindName;
  sheet: string;
  line: number;
  field: string | null;
  place: number | null;
  value: string;
  zh: string;
  en: string;
}

export interface FileLines {
  lines: GivenLine[];
  layout: Partial<Record<KindName, Layout>>;
  errors: FileError[];
}

/** Sheets of our templates that hold no data. */
export const INSTRUCTIONS = { zh: '填写说明', en: 'Instructions' };

/** Choices of the drop-downs. */
export const LISTS = 'lists';
const OF_TEMPLATE: readonly string[] = [...Object.values(INSTRUCTIONS), LISTS];

/**
 * Lines of a file by kind. Nothing is left aside in silence: a sheet or a column that means nothing to us is an error.
 *
 * @param only the kind of a file whose sheet does not say what it is (CSV)
 * @throws Refusal `invalid-request` when it cannot be told what a sheet holds
 */
export function linesOf(sheets: readonly Sheet[], only: KindName | undefined): FileLines {
  const found: FileLines = { lines: [], layout: {}, errors: [] };
  const data = sheets.filter(({ name, rows }) => !OF_TEMPLATE.includes(name) && rows.length > 0);
  const unseen = data.find(({ hidden }) => hidden);
  if (unseen) {
    throw unreadable(
      `工作表“${unseen.name}”被隐藏，请取消隐藏或删除。`,
      `The sheet "${unseen.name}" is hidden; show it or take it out.`,
    );
  }
  for (const sheet of data) {
    const name = kindOf(sheet.name) ?? (data.length === 1 ? only : undefined);
    if (!name) throw unknownSheet(sheet.name);
    if (found.layout[name]) {
      throw unreadable(
        `有两张“${KIND_OF[name].sheet.zh}”工作表，请合并。`,
        `Two sheets hold ${name}; put them together.`,
      );
    }
    readSheet(KIND_OF[name], sheet, found);
  }
  if (data.length === 0) throw unreadable('文件中没有数据。', 'The file holds no data.');
  return found;
}

const kindOf = (name: string): KindName | undefined =>
  KINDS.find((kind) =>
    [kind, KIND_OF[kind].sheet.zh, KIND_OF[kind].sheet.en.toLowerCase()].includes(name.toLowerCase()),
  );

function unknownSheet(name: string) {
  const names = (language: 'zh' | 'en') => KINDS.map((kind) => KIND_OF[kind].sheet[language]);
  if (name === '') {
    return unreadable('请说明 CSV 的类别（kind）。', 'Say what the CSV holds (kind).');
  }
  return unreadable(
    `不认识工作表“${name}”，请命名为：${names('zh').join('、')}，或删除。`,
    `The sheet "${name}" is not known; name it ${names('en').join(', ')}, or take it out.`,
  );
}

function readSheet(kind: Kind, sheet: Sheet, found: FileLines): void {
  const [heading, ...rows] = sheet.rows;
  const places = placesOf(
    heading,
    kind.fields.map((field) => ({ name: field.name, headings: headingsOf(field) })),
  );
  const error = (line: number, more: Pick<FileError, 'zh' | 'en'> & Partial<FileError>): void => {
    found.errors.push({ kind: kind.name, sheet: sheet.name, line, field: null, place: null, value: '', ...more });
  };
  const headingLine = heading?.line ?? 1;
  const known = new Set(places.values());
  const width = Math.max(0, ...sheet.rows.map(({ cells }) => cells.length));
  const idle: number[] = [];
  for (let at = 0; at < width; at += 1) {
    if (known.has(at)) continue;
    const text = heading?.cells[at] ?? '';
    const filled = rows.find(({ cells }) => (cells[at] ?? '') !== '');
    if (text === '' && !filled) continue;
    idle.push(at);
    error(headingLine, {
      place: at + 1,
      value: text,
      zh:
        text === ''
          ? '此列没有表头，请填写表头或删除此列。'
          : `不认识或重复的列“${text}”，请改为模板的表头或删除此列。`,
      en:
        text === ''
          ? 'The column has no heading; write one or take it out.'
          : `The column "${text}" is not known or stands twice; take the heading of the template or take it out.`,
    });
  }
  for (const name of kind.key) {
    const field = kind.fields.find((one) => one.name === name);
    if (!places.has(name) && field) {
      error(headingLine, { field: name, zh: `缺少列“${field.zh}”。`, en: `The column "${field.en}" is missing.` });
    }
  }
  found.layout[kind.name] = {
    sheet: sheet.name,
    places: Object.fromEntries([...places].map(([name, at]) => [name, at + 1])),
  };
  for (const row of rows) {
    const fieldAt = new Map([...places].map(([name, at]) => [at, name]));
    for (const { at, words } of row.faults) {
      if (idle.includes(at)) continue;
      error(row.line, {
        field: fieldAt.get(at) ?? null,
        place: at + 1,
        value: (row.cells[at] ?? '').slice(0, 200),
        ...words,
      });
    }
    if (isEmptyRow(row)) continue;
    const wrong = new Set(row.faults.map(({ at }) => at));
    const given = [...places].flatMap(([name, at]) => {
      const text = plainText(row.cells[at] ?? '');
      return text === '' || wrong.has(at) ? [] : [[name, text] as const];
    });
    found.lines.push({ kind: kind.name, line: row.line, given: Object.fromEntries(given) });
  }
}

/** An apostrophe before what would be a formula is how exports disarm it. */
const plainText = (text: string): string => (/^'[=+\-@＝＋－＠]/.test(text) ? text.slice(1) : text);

const headingsOf = ({ name, zh, en }: Field): string[] =>
  [name, zh, en].flatMap((text) => [text.toLowerCase(), plainHeading(text)]);
