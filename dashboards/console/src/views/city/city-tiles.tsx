import type { CitySummary } from '../../api/types.ts';
import { isLowerBound } from '../../chart/columns.ts';
import { changeOf } from '../../compare.ts';
import { useWords } from '../../i18n/words.tsx';
import { Change } from '../../ui/change.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { Tile } from '../../ui/tile.tsx';

/** Completeness asked of the network: valid records of expected ones (domain handbook §4, KPIs). */
const COMPLETENESS_GOAL = 0.95;

/** The figures of the moment. Before the first answer every tile shows a dash. */
export function CityTiles({ city }: { city: CitySummary | null }) {
  const { t, format } = useWords();
  const unit = city?.today.unit ?? 'kWh';
  const count = (value: number | undefined): string => format.count(value ?? null);
  const today = city?.today ?? { consumption: null, coverage: null };
  const todayText = format.number(today.consumption);
  return (
    <div class="tiles">
      <Tile class="tile-lead" label={t.city.power} value={format.number(city?.powerKw ?? null)} unit="kW">
        <p>{t.city.powerMeters(count(city?.powerMeters.reporting), count(city?.powerMeters.total))}</p>
      </Tile>
      <Tile
        class="tile-lead"
        label={t.city.today}
        value={
          <>
            {today.consumption !== null && isLowerBound(today.coverage) && <AtLeast />}
            {todayText}
          </>
        }
        unit={unit}
      >
        <p>
          <Change value={city ? changeOf(city.today, city.yesterdaySameHours) : null} />
          <span>{t.city.yesterdaySame(format.quantity(city?.yesterdaySameHours.consumption ?? null, unit))}</span>
        </p>
      </Tile>
      <Tile label={t.city.institutions} value={count(city?.institutions.metered)}>
        <p>{t.city.ofRegistered(count(city?.institutions.registered))}</p>
      </Tile>
      <Tile
        label={t.city.gateways}
        value={
          <>
            {count(city?.gateways.online)}
            <small>{`/ ${count(city?.gateways.total)}`}</small>
          </>
        }
      >
        <p>{t.city.outbox(count(city?.outboxReadings ?? undefined))}</p>
      </Tile>
      <Tile
        label={t.city.completeness}
        value={<ShareBar share={city?.completenessToday ?? null} goal={COMPLETENESS_GOAL} />}
      >
        <p>{t.city.completenessGoal(format.share(COMPLETENESS_GOAL))}</p>
      </Tile>
    </div>
  );
}

/** The sum leaves something out: it is a lower bound. */
function AtLeast() {
  const { t } = useWords();
  return (
    <abbr class="at-least" title={t.chart.partial}>
      ≥
    </abbr>
  );
}
