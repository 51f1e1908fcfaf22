import { useWords } from '../../i18n/words.tsx';

/** On to the next page of a list without a total, and back to its beginning. */
export function MoreButton({
  cursor,
  next,
  onTurn,
}: {
  cursor: string;
  next: string | null;
  onTurn: (cursor: string) => void;
}) {
  const { t } = useWords();
  return (
    <p class="import-tools">
      {cursor !== '' && (
        <button type="button" class="button" onClick={() => onTurn('')}>
          {t.imports.first}
        </button>
      )}
      {next !== null && (
        <button type="button" class="button" onClick={() => onTurn(next)}>
          {t.imports.more}
        </button>
      )}
    </p>
  );
}
