import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import type { Route } from '../../router.ts';
import { Pager, usePaging } from '../../ui/pager.tsx';
import { replaceQuery } from '../../use-route.ts';
import { InstitutionFilters } from './institution-filters.tsx';
import { InstitutionsTable } from './institutions-table.tsx';

/** Slower than the summary: a page of the table changes with each round of readings (a minute), not with the second. */
const TABLE_MS = 15_000;
const PAGE_SIZE = 20;
const DEFAULT_SORT = '-today';

/** Search, filters, the table and its pages. The filter lives in the address. */
export function InstitutionsCard({ route, now }: { route: Route; now: number | null }) {
  const { t, format } = useWords();
  const { api } = useApp();
  const { search = '', division = '', type = '', metered = '', sort = DEFAULT_SORT } = route.query;
  const filter = { search, division, type, metered: metered === 'true' ? 'true' : '', sort };
  const key = JSON.stringify(filter);
  const paging = usePaging(key);
  const page = usePoll(`${key}${paging.cursor}`, TABLE_MS, (signal) =>
    api.institutions({ ...filter, limit: PAGE_SIZE, cursor: paging.cursor }, signal),
  );
  const items = page.data?.items ?? [];
  return (
    <section class="card" aria-busy={!page.settled}>
      <header class="card-head">
        <h2>{t.table.caption}</h2>
        {page.data && <small class="muted">{t.table.total(format.count(page.data.total))}</small>}
        <InstitutionFilters filter={filter} onChange={(change) => replaceQuery(route, change)} />
      </header>
      <InstitutionsTable
        items={items}
        waiting={page.data === null}
        now={page.checkedAt ?? now ?? 0}
        sort={sort}
        onSort={(next) => replaceQuery(route, { sort: next === DEFAULT_SORT ? '' : next })}
        onClear={() => replaceQuery(route, { search: '', division: '', type: '', metered: '' })}
      />
      {page.data && items.length > 0 && (
        <Pager
          paging={paging}
          pageSize={PAGE_SIZE}
          shown={items.length}
          total={page.data.total}
          nextCursor={page.data.nextCursor}
        />
      )}
    </section>
  );
}
