import { useWords } from '../i18n/words.tsx';
import type { Column } from './columns.ts';

export interface TooltipProps {
  column: Column;
  compared: number | null | undefined;
  unit: string;
  period: string;
  /** Where the column stands, px from the left of the chart. */
  x: number;
  width: number;
}

/** The figures of the column under the pointer. */
export function Tooltip({ column, compared, unit, period, x, width }: TooltipProps) {
  const { t, format } = useWords();
  const right = x > width / 2;
  const side = right ? { right: `${width - x + 14}px` } : { left: `${x + 14}px` };
  return (
    <div class="tooltip" style={side} aria-hidden="true">
      <strong>{period}</strong>
      <dl>
        <dt>{t.chart.consumption}</dt>
        <dd>{valueText(column, format.quantity(column.value, unit), t)}</dd>
        {compared !== undefined && (
          <>
            <dt>{t.chart.yesterday}</dt>
            <dd>{compared === null ? t.chart.gap : format.quantity(compared, unit)}</dd>
          </>
        )}
        {column.state !== 'pending' && column.state !== 'gap' && (
          <>
            <dt>{t.chart.coverage}</dt>
            <dd>{format.share(column.coverage)}</dd>
          </>
        )}
        {column.undistributed > 0 && (
          <>
            <dt>{t.chart.undistributed}</dt>
            <dd>{format.quantity(column.undistributed, unit)}</dd>
          </>
        )}
        {column.disputed > 0 && (
          <>
            <dt>{t.chart.disputed}</dt>
            <dd>{format.quantity(column.disputed, unit)}</dd>
          </>
        )}
      </dl>
      {column.state === 'running' && <em>{t.chart.running}</em>}
      {column.state === 'pending' && <em>{t.chart.pending}</em>}
    </div>
  );
}

/** "No data", "at least 12 kWh" or "12 kWh": a missing value never reads like a number. */
export function valueText(column: Column, quantity: string, t: ReturnType<typeof useWords>['t']): string {
  if (column.state === 'gap') return t.chart.gap;
  return column.state === 'partial' && column.value !== null ? t.chart.atLeast(quantity) : quantity;
}
