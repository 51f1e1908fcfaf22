import { useState } from 'preact/hooks';
import type { AlarmSummary } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { type Route, routeHash } from '../../router.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { usePaging } from '../../ui/pager.tsx';
import { replaceQuery } from '../../use-route.ts';
import { AlarmCard } from './alarm-card.tsx';
import { AlarmFilters } from './alarm-filters.tsx';
import { AlarmState, lossText, SeverityBadge } from './alarm-words.tsx';

const LIST_MS = 10_000;
const PAGE_SIZE = 50;

/** What is wrong and what is wasted: a list by beginning, and one alarm with its evidence. */
export function AlarmsView({ route }: { route: Route }) {
  const { t } = useWords();
  const { api } = useApp();
  const { living = 'true', kind = '', severity = '', institution = '' } = route.query;
  const shown = Number(route.query.id ?? 0);
  const [changed, setChanged] = useState(0);
  const filter = { living, kind, severity };
  const key = JSON.stringify({ ...filter, institution });
  const paging = usePaging(key);
  const page = usePoll(`${key}${paging.cursor}/${changed}`, LIST_MS, (signal) =>
    api.alarms(
      { kind, severity, institution, living: living === 'all' ? '' : living, limit: PAGE_SIZE, cursor: paging.cursor },
      signal,
    ),
  );
  const items = page.data?.items ?? [];
  const next = page.data?.nextCursor ?? null;
  useTitle(t.alarms.title);
  return (
    <>
      <PageHead title={<h1>{t.alarms.title}</h1>} polls={[page]} />
      {shown > 0 && <AlarmCard key={shown} id={shown} onChanged={() => setChanged((n) => n + 1)} />}
      <section class="card" aria-busy={!page.settled}>
        <header class="card-head">
          <h2>{t.alarms.title}</h2>
          <AlarmFilters filter={filter} onChange={(change) => replaceQuery(route, change)} />
        </header>
        {page.data && items.length === 0 ? <p class="empty">{t.alarms.none}</p> : <Table items={items} route={route} />}
        {(paging.index > 0 || next !== null) && (
          <div class="pager">
            <span class="pager-buttons">
              <button type="button" class="button" disabled={paging.index === 0} onClick={() => paging.previous()}>
                {t.table.previous}
              </button>
              <button
                type="button"
                class="button"
                disabled={next === null}
                onClick={() => next !== null && paging.next(next)}
              >
                {t.table.next}
              </button>
            </span>
          </div>
        )}
      </section>
    </>
  );
}

function Table({ items, route }: { items: readonly AlarmSummary[]; route: Route }) {
  const words = useWords();
  const { t, format, language } = words;
  return (
    <div class="table-scroll">
      <table class="table alarms">
        <thead>
          <tr>
            <th scope="col">{t.alarms.kind}</th>
            <th scope="col">{t.alarms.severity}</th>
            <th scope="col">{t.alarms.where}</th>
            <th scope="col" class="wide">
              {t.alarms.since}
            </th>
            <th scope="col">{t.alarms.state}</th>
            <th scope="col" class="num wide" title={t.alarms.estimated}>
              {t.alarms.estimate}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id} data-alarm={item.id}>
              <th scope="row">
                <a href={routeHash({ ...route, view: 'alarms', query: { ...route.query, id: String(item.id) } })}>
                  {item.kindName[language]}
                </a>
              </th>
              <td>
                <SeverityBadge severity={item.severity} />
              </td>
              <td>
                {item.unit[language]}
                {item.institution && <small class="below">{item.institution[language]}</small>}
                {item.meters > 1 && <small class="below">{t.alarms.meters(format.count(item.meters))}</small>}
              </td>
              <td class="wide">{format.dayTime(Date.parse(item.beganAt))}</td>
              <td>
                <AlarmState alarm={item} />
              </td>
              <td class="num wide">{item.estimate && t.alarms.perMonth(lossText(item.estimate, words))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
