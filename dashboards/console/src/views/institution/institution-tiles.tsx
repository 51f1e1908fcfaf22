import type { Institution } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { yearOf } from '../../chart/calendar.ts';
import { changeOf } from '../../compare.ts';
import { instant } from '../../format.ts';
import { useWords } from '../../i18n/words.tsx';
import { Change } from '../../ui/change.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { Tile } from '../../ui/tile.tsx';

const COVERAGE_GOAL = 0.9;

export function InstitutionTiles({ institution, now }: { institution: Institution | null; now: number | null }) {
  const { t, format } = useWords();
  const { api } = useApp();
  const at = now ?? api.now();
  const change = institution
    ? changeOf(
        { consumption: institution.today, coverage: institution.coverageToday },
        { consumption: institution.yesterdaySameHours, coverage: 1 },
      )
    : null;
  const yearToDate = institution?.yearToDate;
  return (
    <div class="tiles tiles-four">
      <Tile class="tile-lead" label={t.institution.power} value={format.number(institution?.powerKw ?? null)} unit="kW">
        <p>
          {t.institution.lastReading} {format.ago(instant(institution?.lastReadingAt ?? null), at)}
        </p>
      </Tile>
      <Tile class="tile-lead" label={t.institution.today} value={format.number(institution?.today ?? null)} unit="kWh">
        <p>
          <Change value={change} />
          <span>{t.city.yesterdaySame(format.quantity(institution?.yesterdaySameHours ?? null, 'kWh'))}</span>
        </p>
      </Tile>
      <Tile
        label={t.institution.yearToDate(String(institution?.quota?.year ?? yearOf(at)))}
        value={format.number(yearToDate?.consumption ?? null)}
        unit={institution?.quota?.unit ?? 'kWh'}
      >
        <p>
          {t.chart.coverage} {format.share(yearToDate?.coverage ?? null)}
        </p>
      </Tile>
      <Tile
        label={t.institution.coverage}
        value={<ShareBar share={institution?.coverageToday ?? null} goal={COVERAGE_GOAL} />}
      />
    </div>
  );
}
