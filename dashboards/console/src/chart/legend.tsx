import { useWords } from '../i18n/words.tsx';
import type { Column } from './columns.ts';

/** Explains only what the chart at hand contains. */
export function Legend({ columns, compared }: { columns: readonly Column[]; compared: boolean }) {
  const { t } = useWords();
  const has = (state: Column['state']): boolean => columns.some((column) => column.state === state);
  return (
    <ul class="legend" aria-hidden="true">
      <li>
        <i class="key key-solid" />
        {compared ? t.chart.today : t.chart.full}
      </li>
      {compared && (
        <li>
          <i class="key key-line" />
          {t.chart.yesterday}
        </li>
      )}
      {(has('partial') || has('running')) && (
        <li>
          <i class="key key-faint" />
          {has('partial') ? t.chart.partial : t.chart.running}
        </li>
      )}
      {columns.some((column) => column.undistributed > 0) && (
        <li>
          <i class="key key-striped" />
          {t.chart.undistributed}
        </li>
      )}
      {has('gap') && (
        <li>
          <i class="key key-gap" />
          {t.chart.gap}
        </li>
      )}
    </ul>
  );
}
