import { DIVISIONS, type TypeCode } from './catalogue.ts';
import { NOUNS } from './nouns.ts';
import { TOWNS } from './towns.ts';

export interface InstitutionName {
  zh: string;
  en: string;
}

/**
 * As many distinct names as asked for, most prominent first: the division's own bodies, then the towns' (every town's first
 * body before any town's second), then numbered ones.
 */
export function namesFor(divisionCode: string, type: TypeCode, count: number): InstitutionName[] {
  const division = DIVISIONS.find(({ code }) => code === divisionCode);
  if (!division) throw new Error(`names.ts: division ${divisionCode} is missing`);
  const { ofDivision, ofTown, numbered } = NOUNS[type];
  const { prefixZh, prefixEn } = division;
  const name = (noun: string, place: InstitutionName = { zh: '', en: '' }): InstitutionName => {
    const [zh = '', en = ''] = noun.split(':');
    return { zh: `${prefixZh}${place.zh}${zh}`, en: [prefixEn, place.en, en].filter(Boolean).join(' ') };
  };
  const towns = TOWNS[divisionCode] ?? [];
  const names = [
    ...ofDivision.map((noun) => name(noun)),
    ...ofTown.flatMap((noun) => towns.map((town) => name(noun, town))),
  ];
  for (let n = 1; names.length < count; n += 1)
    names.push(name(numbered, { zh: `第${chineseNumber(n)}`, en: `No.${n}` }));
  return names.slice(0, count);
}

/** 1 to 99 in Chinese: 一, 十, 二十三. */
export function chineseNumber(n: number): string {
  const digits = ['', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
  const tens = Math.floor(n / 10);
  const ten = tens === 0 ? '' : `${tens === 1 ? '' : digits[tens]}十`;
  return `${ten}${digits[n % 10] ?? ''}`;
}
