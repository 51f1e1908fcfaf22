import { useWords } from '../i18n/words.tsx';

export function LanguageSwitch() {
  const { t, language, setLanguage } = useWords();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-label={t.language.label}
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      onClick={() => setLanguage(other)}
    >
      {t.language.switchTo}
    </button>
  );
}
