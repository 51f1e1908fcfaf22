import { useApp } from '../../app-context.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import type { Route } from '../../router.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { Pager, usePaging } from '../../ui/pager.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { replaceQuery } from '../../use-route.ts';
import { FleetCare } from './care/fleet-care.tsx';
import { FleetTiles } from './fleet-tiles.tsx';
import { GatewaysTable } from './gateways-table.tsx';
import { OnlineChoice } from './online-choice.tsx';

const FLEET_MS = 5_000;
const PAGE_SIZE = 50;
const DEFAULT_SORT = 'code';

/** The gateway fleet: who is connected, who lags, whose clock is wrong. */
export function GatewaysView({ route }: { route: Route }) {
  const { t, format } = useWords();
  const { api, session } = useApp();
  const { search = '', online = '', sort = DEFAULT_SORT } = route.query;
  const filter = { search, online, sort };
  const key = JSON.stringify(filter);
  const paging = usePaging(key);
  const city = usePoll('city', FLEET_MS, (signal) => api.city(signal));
  const page = usePoll(`${key}${paging.cursor}`, FLEET_MS, (signal) =>
    api.gateways({ ...filter, limit: PAGE_SIZE, cursor: paging.cursor }, signal),
  );
  const items = page.data?.items ?? [];
  useTitle(t.gateways.title);
  return (
    <>
      <PageHead title={<h1>{t.gateways.title}</h1>} polls={[city, page]} />
      <FleetTiles city={city.data} items={items} />
      <section class="card" aria-busy={!page.settled}>
        <header class="card-head">
          <h2>{t.gateways.title}</h2>
          {page.data && <small class="muted">{t.gateways.total(format.count(page.data.total))}</small>}
          <div class="filters">
            <SearchBox
              label={t.gateways.search}
              value={search}
              onSearch={(text) => replaceQuery(route, { search: text })}
            />
            <OnlineChoice value={online} onChoose={(next) => replaceQuery(route, { online: next })} />
          </div>
        </header>
        <GatewaysTable
          items={items}
          waiting={page.data === null}
          now={page.checkedAt ?? 0}
          sort={sort}
          onSort={(next) => replaceQuery(route, { sort: next === DEFAULT_SORT ? '' : next })}
          onClear={() => replaceQuery(route, { search: '', online: '' })}
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
      {session.user.permissions.includes('fleet.manage') && <FleetCare />}
    </>
  );
}
