import { useMemo } from 'preact/hooks';
import type { Consumption } from '../../api/types.ts';
import { BarChart } from '../../chart/bar-chart.tsx';
import { hourStart } from '../../chart/calendar.ts';
import { columnsOf } from '../../chart/columns.ts';
import { hourText } from '../../chart/period-text.ts';
import { useWords, type Words } from '../../i18n/words.tsx';

const HEIGHT = 220;
/** A campus has hundreds of meters; beyond this many the note counts them. */
const NAMED_METERS = 6;

export interface SpanChartProps {
  title: string;
  consumption: Consumption | null;
  now: number | null;
}

/** Consumption of a span by its grain, with a total that says when it is a lower bound and because of whom. */
export function SpanChart({ title, consumption, now }: SpanChartProps) {
  const words = useWords();
  const { t, format } = words;
  const hour = now === null ? null : hourStart(now);
  const columns = useMemo(
    () => (consumption && hour !== null ? columnsOf(consumption, hour) : null),
    [consumption, hour],
  );
  if (!consumption || !columns) return <section class="card card-chart is-waiting" />;
  const byHour = consumption.grain === 'hour';
  const { total } = consumption;
  const sum = format.quantity(total.consumption, consumption.unit);
  return (
    <section class="card card-chart">
      <header class="card-head">
        <h2>{title}</h2>
        <small class="unit">{consumption.unit}</small>
        <p class="card-aside">
          {total.atLeast && total.consumption !== null ? t.institution.spanAtLeast(sum) : t.institution.spanTotal(sum)}
        </p>
      </header>
      <BarChart
        label={title}
        unit={consumption.unit}
        columns={columns}
        periodText={(column) => (byHour ? hourText(format, column) : format.day(column.start))}
        tickText={(column) => (byHour ? format.hourMinute(column.start) : format.monthDay(column.start))}
        tickEvery={byHour ? 3 : 5}
        height={HEIGHT}
      />
      {total.missing.length > 0 && <p class="card-note">{missingText(total.missing, words)}</p>}
    </section>
  );
}

/** Who keeps the total from being whole. */
function missingText(codes: readonly string[], { t, format }: Words): string {
  const named = codes.slice(0, NAMED_METERS).join(', ');
  return codes.length > NAMED_METERS
    ? t.institution.missingMany(named, format.count(codes.length))
    : t.institution.missing(named);
}
