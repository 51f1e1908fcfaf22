import { useWords } from '../i18n/words.tsx';
import type { Column } from './columns.ts';
import { valueText } from './tooltip.tsx';

export interface ChartTableProps {
  columns: readonly Column[];
  line: readonly (number | null)[] | undefined;
  unit: string;
  periodText: (column: Column) => string;
}

/** The chart's figures as a table, for screen readers, for copying, and for a second look. */
export function ChartTable({ columns, line, unit, periodText }: ChartTableProps) {
  const { t, format } = useWords();
  return (
    <details class="chart-table">
      <summary>{t.chart.table}</summary>
      <div class="table-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t.chart.period}</th>
              <th scope="col" class="num">
                {t.chart.consumption}
              </th>
              {line && (
                <th scope="col" class="num">
                  {t.chart.yesterday}
                </th>
              )}
              <th scope="col" class="num">
                {t.chart.coverage}
              </th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column, i) => (
              <tr key={column.start}>
                <th scope="row">{periodText(column)}</th>
                <td class="num">{valueText(column, format.quantity(column.value, unit), t)}</td>
                {line && <td class="num">{format.quantity(line[i] ?? null, unit)}</td>}
                <td class="num">{format.share(column.coverage)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
