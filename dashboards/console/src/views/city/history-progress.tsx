import { useWords } from '../../i18n/words.tsx';

/** First start: how much of the history has been stored. */
export function HistoryProgress({ done, total }: { done: number; total: number }) {
  const { t, format } = useWords();
  const share = total > 0 ? done / total : 0;
  return (
    <section class="banner history">
      <span>{t.history.title}</span>
      <progress max={1} value={share} aria-label={t.history.title} />
      <strong>{format.share(share)}</strong>
      <small>{t.history.progress(format.count(done), format.count(total))}</small>
      <small class="history-note">{t.history.note}</small>
    </section>
  );
}
