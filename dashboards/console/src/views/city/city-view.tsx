import { useApp } from '../../app-context.ts';
import { instant } from '../../format.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import type { Route } from '../../router.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { CityChart } from './city-chart.tsx';
import { CityTiles } from './city-tiles.tsx';
import { HistoryProgress } from './history-progress.tsx';
import { InstitutionsCard } from './institutions-card.tsx';

const SUMMARY_MS = 5_000;

/** The whole city at a glance, and the way to each institution. */
export function CityView({ route }: { route: Route }) {
  const { t } = useWords();
  const { api } = useApp();
  const summary = usePoll('city', SUMMARY_MS, (signal) => api.city(signal));
  const city = summary.data;
  const now = summary.checkedAt;
  useTitle(t.city.title);
  return (
    <>
      <PageHead title={<h1>{t.city.title}</h1>} polls={[summary]} newest={instant(city?.asOf ?? null)} />
      {city?.history?.running && <HistoryProgress done={city.history.done} total={city.history.total} />}
      {city && city.powerMeters.total === 0 && (
        <div class="banner">
          <span>{t.empty.noMeters}</span>
          <small>{t.empty.noMetersHint}</small>
        </div>
      )}
      <CityTiles city={city} />
      {city && now !== null ? <CityChart city={city} now={now} /> : <div class="card card-chart is-waiting" />}
      <InstitutionsCard route={route} now={now} />
    </>
  );
}
