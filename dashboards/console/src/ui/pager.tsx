import { useState } from 'preact/hooks';
import { useWords } from '../i18n/words.tsx';

/** The cursors of the pages gone through, so that "previous" works on an API that only knows "next". */
export interface Paging {
  cursor: string | null;
  index: number;
  next(cursor: string): void;
  previous(): void;
}

/** Paging that starts over whenever `key` (filters, order) changes. */
export function usePaging(key: string): Paging {
  const [trail, setTrail] = useState<{ key: string; cursors: string[] }>({ key, cursors: [] });
  const cursors = trail.key === key ? trail.cursors : [];
  return {
    cursor: cursors.at(-1) ?? null,
    index: cursors.length,
    next: (cursor) => setTrail({ key, cursors: [...cursors, cursor] }),
    previous: () => setTrail({ key, cursors: cursors.slice(0, -1) }),
  };
}

export interface PagerProps {
  paging: Paging;
  pageSize: number;
  shown: number;
  total: number;
  nextCursor: string | null;
}

export function Pager({ paging, pageSize, shown, total, nextCursor }: PagerProps) {
  const { t, format } = useWords();
  if (paging.index === 0 && nextCursor === null) return null;
  const first = paging.index * pageSize + 1;
  return (
    <div class="pager">
      <span>{t.table.pageRange(format.count(first), format.count(first + shown - 1), format.count(total))}</span>
      <span class="pager-buttons">
        <button type="button" class="button" disabled={paging.index === 0} onClick={() => paging.previous()}>
          {t.table.previous}
        </button>
        <button
          type="button"
          class="button"
          disabled={nextCursor === null}
          onClick={() => nextCursor !== null && paging.next(nextCursor)}
        >
          {t.table.next}
        </button>
      </span>
    </div>
  );
}
