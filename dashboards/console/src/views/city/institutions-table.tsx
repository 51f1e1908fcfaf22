import type { InstitutionItem } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';
import { SortHeader } from '../../ui/sort-header.tsx';
import { InstitutionRow } from './institution-row.tsx';

export interface InstitutionsTableProps {
  items: readonly InstitutionItem[];
  waiting: boolean;
  /** Server's time, by which ages are told. */
  now: number;
  sort: string;
  onSort: (sort: string) => void;
  onClear: () => void;
}

export function InstitutionsTable({ items, waiting, now, sort, onSort, onClear }: InstitutionsTableProps) {
  const { t } = useWords();
  if (!waiting && items.length === 0) {
    return (
      <div class="empty">
        <p>{t.empty.noRows}</p>
        <button type="button" class="button" onClick={onClear}>
          {t.empty.clear}
        </button>
      </div>
    );
  }
  const head = { sort, onSort };
  return (
    <div class="table-scroll">
      <table class="table institutions">
        <thead>
          <tr>
            <SortHeader {...head} label={t.table.name} orders={['name', '-name']} />
            <th scope="col" class="wide">
              {t.table.division}
            </th>
            <th scope="col" class="wide">
              {t.table.type}
            </th>
            <SortHeader {...head} class="num wider" label={t.table.area} orders={['-area', 'area']} />
            <SortHeader {...head} class="num" label={t.table.power} orders={['-power', 'power']} />
            <SortHeader {...head} class="num" label={t.table.today} orders={['-today', 'today']} />
            <th scope="col" class="num wide">
              {t.table.comparison}
            </th>
            <th scope="col" class="wide">
              {t.table.coverage}
            </th>
            <th scope="col" class="num wider">
              {t.table.lastReading}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <InstitutionRow key={item.id} item={item} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
