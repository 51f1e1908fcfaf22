import { useWords } from '../i18n/words.tsx';

export interface SortHeaderProps {
  label: string;
  /** Orders this column takes, first click first: `['-today', 'today']`. */
  orders: readonly [string, ...string[]];
  sort: string;
  onSort: (order: string) => void;
  class?: string;
}

/** A column head that sorts; a second click turns the order round where the API can. */
export function SortHeader({ label, orders, sort, onSort, class: name = '' }: SortHeaderProps) {
  const { t } = useWords();
  const at = orders.indexOf(sort);
  const direction = at < 0 ? undefined : sort.startsWith('-') ? 'descending' : 'ascending';
  return (
    <th scope="col" class={name} aria-sort={direction}>
      <button
        type="button"
        class="sort"
        title={t.table.sortBy(label)}
        onClick={() => onSort(orders[(at + 1) % orders.length] ?? orders[0])}
      >
        {label}
        <i class={`sort-mark ${direction ?? ''}`} aria-hidden="true" />
      </button>
    </th>
  );
}
