import { type BothLanguages, Refusal } from '../../errors/refuse.ts';

/** A table as a person made it, text by text; what it means is for others to say. */
export interface Sheet {
  name: string;
  /** Out of sight in the spreadsheet program. */
  hidden: boolean;
  rows: SheetRow[];
}

export interface SheetRow {
  /** Line of the file, from 1. */
  line: number;
  cells: string[];
  /** Cells that cannot be taken as they are, by place from 0. */
  faults: { at: number; words: BothLanguages }[];
}

export type SheetFormat = 'csv' | 'xlsx';

export const MOST_ROWS = 50_000;
export const MOST_COLUMNS = 60;
export const MOST_CHARACTERS = 2_000;

export const unreadable = (zh: string, en: string): Refusal => new Refusal('invalid-request', { zh, en });

export const tooManyRows = (): Refusal =>
  new Refusal('too-large', {
    zh: `一个文件最多 ${MOST_ROWS} 行，请分批导入。`,
    en: `A file may have ${MOST_ROWS} rows; import it in parts.`,
  });

const TOO_LONG = { zh: `单元格最多 ${MOST_CHARACTERS} 字。`, en: `A cell may hold ${MOST_CHARACTERS} characters.` };
const UNPRINTABLE = {
  zh: '单元格含有不可见的控制字符，请清除后重填。',
  en: 'The cell holds control characters that cannot be seen; type it anew.',
};

const TOO_WIDE = {
  zh: `第 ${MOST_COLUMNS} 列之后还有内容，请删除多余的列。`,
  en: `There is something beyond column ${MOST_COLUMNS}; take those columns out.`,
};

/** A row of texts with what is wrong with each. Space around a text means nothing. */
export function sheetRow(line: number, texts: readonly string[], faults: SheetRow['faults'] = []): SheetRow {
  const cells = texts.slice(0, MOST_COLUMNS).map((text) => text.trim());
  const found = cells.flatMap((text, at) => {
    if (text.length > MOST_CHARACTERS) return [{ at, words: TOO_LONG }];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) || !text.isWellFormed()
      ? [{ at, words: UNPRINTABLE }]
      : [];
  });
  const beyond = texts.slice(MOST_COLUMNS).some((text) => text.trim() !== '');
  const wide = beyond ? [{ at: MOST_COLUMNS - 1, words: TOO_WIDE }] : [];
  return { line, cells, faults: [...faults, ...found, ...wide] };
}

export const isEmptyRow = ({ cells }: SheetRow): boolean => cells.every((cell) => cell === '');
