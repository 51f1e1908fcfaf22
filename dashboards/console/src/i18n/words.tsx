import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { createFormat, type Format } from '../format.ts';
import { DICTIONARIES, type Language, rememberedLanguage, rememberLanguage } from './language.ts';
import { type Dictionary, zh } from './zh.ts';

/** Words and formats of the chosen language, and the way to choose the other. */
export interface Words {
  language: Language;
  t: Dictionary;
  format: Format;
  setLanguage(language: Language): void;
}

const Context = createContext<Words>({ language: 'zh', t: zh, format: createFormat('zh'), setLanguage: () => {} });

export const useWords = (): Words => useContext(Context);

export function WordsProvider({ children }: { children: ComponentChildren }) {
  const [language, setLanguage] = useState<Language>(() => rememberedLanguage(localStorage));
  const words = useMemo(
    () => ({
      language,
      t: DICTIONARIES[language],
      format: createFormat(language),
      setLanguage: (next: Language) => {
        rememberLanguage(localStorage, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  useEffect(() => {
    document.documentElement.lang = words.t.htmlLang;
  }, [words]);
  return <Context.Provider value={words}>{children}</Context.Provider>;
}

/** Names the view in the browser's tab. */
export function useTitle(view: string): void {
  const { t } = useWords();
  useEffect(() => {
    document.title = t.pageTitle(view);
  }, [t, view]);
}
