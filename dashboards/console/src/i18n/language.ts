import { en } from './en.ts';
import { type Dictionary, zh } from './zh.ts';

export type Language = 'zh' | 'en';

export const DICTIONARIES: Readonly<Record<Language, Dictionary>> = { zh, en };

const KEY = 'ganzhi.language';

/** The language chosen last time in this browser; Chinese until somebody chooses. */
export function rememberedLanguage(storage: Pick<Storage, 'getItem'>): Language {
  return storage.getItem(KEY) === 'en' ? 'en' : 'zh';
}

export function rememberLanguage(storage: Pick<Storage, 'setItem'>, language: Language): void {
  storage.setItem(KEY, language);
}
