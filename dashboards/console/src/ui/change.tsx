import { UNKNOWN } from '../format.ts';
import { useWords } from '../i18n/words.tsx';

/** A relative change: more is amber, less is green, since it is consumption. Null: a dash, with the reason as title. */
export function Change({ value }: { value: number | null }) {
  const { t, format } = useWords();
  if (value === null) {
    return (
      <span class="change" title={t.city.noComparison}>
        {UNKNOWN}
      </span>
    );
  }
  const tone = Math.abs(value) < 0.0005 ? '' : value > 0 ? 'is-up' : 'is-down';
  return <span class={`change ${tone}`}>{format.change(value)}</span>;
}
