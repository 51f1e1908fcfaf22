/** Everything a person reads, in both languages; a dashboard is built once per language. */
export interface Text {
  zh: string;
  en: string;
}

export type Locale = keyof Text;

export const LOCALES: readonly Locale[] = ['zh', 'en'];

/** The column that holds the name in the language: views carry `name_zh` and `name_en`. */
export const named = (column: string, locale: Locale): string => `${column}_${locale}`;
