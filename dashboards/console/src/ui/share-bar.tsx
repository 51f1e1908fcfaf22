import { useWords } from '../i18n/words.tsx';

/** A share as a number and a thin bar; `goal` below which it warns. Unknown shows a dash and no bar. */
export function ShareBar({ share, goal }: { share: number | null; goal: number }) {
  const { format } = useWords();
  const tone = share === null || share >= goal ? '' : 'is-low';
  return (
    <span class={`share ${tone}`}>
      <span class="share-text">{format.share(share)}</span>
      <span class="share-track" aria-hidden="true">
        {share !== null && <span class="share-fill" style={{ width: `${Math.min(100, share * 100)}%` }} />}
      </span>
    </span>
  );
}
