import { useMemo } from 'preact/hooks';
import type { CitySummary } from '../../api/types.ts';
import { BarChart } from '../../chart/bar-chart.tsx';
import { DAY_MS, hourStart } from '../../chart/calendar.ts';
import { dayColumns } from '../../chart/columns.ts';
import { hourText } from '../../chart/period-text.ts';
import { useWords } from '../../i18n/words.tsx';

/** Today's hours as columns against yesterday's as a line. */
export function CityChart({ city, now }: { city: CitySummary; now: number }) {
  const { t, format } = useWords();
  // The picture changes with the answer and with the hour, not with every poll.
  const hour = hourStart(now);
  const { columns, line } = useMemo(
    () => ({
      columns: dayColumns(city.hours.today, hour, hour),
      line: dayColumns(city.hours.yesterday, hour - DAY_MS, hour).map((column) => column.value),
    }),
    [city, hour],
  );
  const unit = city.today.unit;
  return (
    <section class="card card-chart">
      <header class="card-head">
        <h2>{t.city.chart}</h2>
        <small class="unit">{unit}</small>
        <p class="card-aside">{t.city.yesterdayTotal(format.quantity(city.yesterday.consumption, unit))}</p>
      </header>
      <BarChart
        label={t.city.chart}
        unit={unit}
        columns={columns}
        line={line}
        periodText={(column) => hourText(format, column)}
        tickText={(column) => format.hourMinute(column.start)}
        tickEvery={2}
        height={190}
      />
    </section>
  );
}
