import type { Format } from '../format.ts';
import type { Column } from './columns.ts';

/** `14:00–15:00`; the end is the next hour's start, as intervals are half-open. */
export const hourText = (format: Format, column: Column): string =>
  `${format.hourMinute(column.start)}–${format.hourMinute(column.end)}`;
