import { hourStart, parseInstant } from '@ganzhi/schemas';
import type { z } from 'zod';
import { readTable } from '../../lib/table-file.ts';
import type { Stored } from './schema.ts';

const COLUMNS = [
  { name: 'hour', headings: ['时间', 'hour', 'time'], required: true },
  { name: 'meanC', headings: ['温度', '气温', 'temperature'], required: true },
];

/** Hours of a file, Shanghai time without zone, or what is wrong with it cell by cell. */
export async function readTemperatures(format: 'csv' | 'xlsx', content: string) {
  const rows = await readTable(format, content, COLUMNS);
  const errors: z.infer<typeof Stored>['errors'] = [];
  const hours = new Map<number, number>();
  for (const { line, cells } of rows) {
    const text = (cells.hour ?? '').replace(/^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?$/, '$1T$2:00+08:00');
    const hour = parseInstant(text);
    const meanC = /^-?\d{1,2}(\.\d+)?$/.test(cells.meanC ?? '') ? Number(cells.meanC) : Number.NaN;
    if (hour === undefined || hour !== hourStart(hour) || hours.has(hour)) {
      const zh = '请写整点时间如 2025-01-01 08:00，且不得重复。';
      errors.push({ line, column: 'hour', zh, en: 'Write a whole hour as 2025-01-01 08:00, each once only.' });
    } else if (!(meanC >= -30 && meanC <= 50)) {
      errors.push({
        line,
        column: 'meanC',
        zh: '气温须在 -30～50 °C 之间。',
        en: 'A temperature lies in -30 to 50 °C.',
      });
    } else hours.set(hour, meanC);
  }
  return {
    rows: rows.length,
    hours: Array.from(hours, ([hour, meanC]) => ({ hour, meanC, provisional: false })),
    errors,
  };
}
