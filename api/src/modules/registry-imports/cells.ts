import type { BothLanguages } from '../../errors/refuse.ts';
import { type Choice, type Field, isWords, type Reference, type Value } from './kind.ts';

/** From the text of a cell to a value, and back. Pure. */

/** "-" empties what may be empty. */
export const CLEARED = '-';

/** Readers of columns. */
export const words =
  (max: number) =>
  (text: string): Value | BothLanguages =>
    text.length <= max ? text : { zh: `最多 ${max} 字。`, en: `${max} characters at most.` };

export const code =
  (pattern: RegExp, zh: string, en: string) =>
  (text: string): Value | BothLanguages =>
    pattern.test(text) ? text : { zh, en };

export const whole =
  (min: number, max: number) =>
  (text: string): Value | BothLanguages => {
    const plain = text.replace(/[,，]/g, '').replace(/\.0+$/, '');
    const value = Number(plain);
    return /^-?\d{1,12}$/.test(plain) && value >= min && value <= max
      ? value
      : { zh: `请填 ${min} 至 ${max} 的整数。`, en: `Write a whole number from ${min} to ${max}.` };
  };

/** An exact decimal as text, without zeros that say nothing. */
export const decimal =
  (places: number, min: number) =>
  (text: string): Value | BothLanguages => {
    const plain = text.replace(/[,，]/g, '');
    const good = /^\d{1,10}(\.\d+)?$/.test(plain) && (plain.split('.')[1] ?? '').replace(/0+$/, '').length <= places;
    if (good && Number(plain) >= min) return plainDecimal(plain);
    const zh = `请填不小于 ${min}、最多 ${places} 位小数的数字，不带单位。`;
    return { zh, en: `Write a number of ${min} or more with at most ${places} decimals, without a unit.` };
  };

export const plainDecimal = (text: string): string =>
  (text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text).replace(/^0+(?=\d)/, '');

/**
 * What a cell says.
 *
 * @param text not empty
 */
export function readCell(field: Field, text: string, reference: Reference): Value | BothLanguages {
  if (text === CLEARED) {
    if (field.clearable) return null;
    return { zh: `${field.zh}不能清空。`, en: `${field.en} cannot be emptied.` };
  }
  if (!field.choices) return field.read ? field.read(text) : text;
  const choices = field.choices(reference);
  const wanted = text.toLowerCase();
  const found =
    choices.find((choice) => choice.code.toLowerCase() === wanted) ??
    choices.find((choice) => choice.zh === text || choice.en.toLowerCase() === wanted || shown(choice) === text);
  if (found) return found.code;
  const list = (of: (choice: Choice) => string, between: string) => choices.slice(0, 12).map(of).join(between);
  return {
    zh: `没有“${text}”，可填：${list((choice) => choice.zh, '、')}${choices.length > 12 ? '……' : ''}。`,
    en: `There is no "${text}"; write one of ${list((choice) => choice.code, ', ')}${choices.length > 12 ? ' …' : ''}.`,
  };
}

/** A choice in a drop-down, with its code where two may have one name. */
const shown = ({ code: its, zh }: Choice): string => `${zh}（${its}）`;

/** A value as a cell shows it: the words of a choice, else itself. */
export function cellOf(field: Field, value: Value, reference: Reference, language: 'zh' | 'en'): Value {
  if (value === null || !field.choices) return value;
  const choices = field.choices(reference);
  const found = choices.find((choice) => choice.code === value);
  if (!found) return value;
  const alike = choices.filter((choice) => choice[language] === found[language]).length > 1;
  return alike ? found.code : found[language];
}

/** Values of the filled cells of a line, and what is wrong with the others. */
export function readLine(
  fields: readonly Field[],
  given: Readonly<Record<string, string>>,
  reference: Reference,
): { values: Record<string, Value>; faults: { field: string; words: BothLanguages }[] } {
  const values: Record<string, Value> = {};
  const faults: { field: string; words: BothLanguages }[] = [];
  for (const field of fields) {
    const text = given[field.name];
    if (text === undefined || text === '') continue;
    const value = readCell(field, text, reference);
    if (isWords(value)) faults.push({ field: field.name, words: value });
    else values[field.name] = value;
  }
  return { values, faults };
}
