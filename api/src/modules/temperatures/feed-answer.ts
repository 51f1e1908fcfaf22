import { DAY, GanzhiError, HOUR, hourStart, parseInstant } from '@ganzhi/schemas';
import { z } from 'zod';
import { Celsius } from './schema.ts';

/** An hour of a weather service. */
export interface FeedHour {
  hour: number;
  meanC: number;
  provisional: boolean;
}

/** Measured and reanalysed values settle within two days; a service that does not say is not believed to be final before. */
const SETTLED_AFTER_MS = 2 * DAY;
const SHANGHAI_OFFSET_S = 28_800;
const MOST_HOURS = 2_000;

const Listed = z.object({
  hours: z
    .array(z.object({ hour: z.string(), meanC: Celsius.nullable(), provisional: z.boolean().optional() }))
    .max(MOST_HOURS),
});
/** Columns side by side, as Open-Meteo answers; times without zone are local to `utc_offset_seconds`. */
const Columns = z.object({
  utc_offset_seconds: z.literal(SHANGHAI_OFFSET_S),
  hourly: z.object({
    time: z.array(z.string()).max(MOST_HOURS),
    temperature_2m: z.array(Celsius.nullable()).max(MOST_HOURS),
  }),
});

/**
 * Hours of an answer that are over; hours without a value and forecasts are left out.
 *
 * @throws GanzhiError `invalid-request` saying what the answer should look like
 */
export function hoursOf(answer: unknown, now: number): FeedHour[] {
  const listed = Listed.safeParse(answer);
  const rows = listed.success ? listed.data.hours : columnsOf(answer);
  return rows.flatMap(({ hour: text, meanC, provisional }) => {
    const hour = parseInstant(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text.replace(/^(.{16})$/, '$1:00')}+08:00`);
    if (hour === undefined || hour !== hourStart(hour)) throw fault(`"${text}" is no whole hour`);
    if (meanC === null || hour + HOUR > now) return [];
    return [{ hour, meanC, provisional: provisional ?? now - hour < SETTLED_AFTER_MS }];
  });
}

function columnsOf(answer: unknown): { hour: string; meanC: number | null; provisional?: boolean }[] {
  const columns = Columns.safeParse(answer);
  if (!columns.success) {
    throw fault(
      'expected {"hours": [{"hour", "meanC", "provisional"}]}, or hourly.time beside hourly.temperature_2m at +08:00',
    );
  }
  const { time, temperature_2m: means } = columns.data.hourly;
  if (time.length !== means.length) throw fault('times and temperatures are not equally many');
  return time.map((hour, i) => ({ hour, meanC: means[i] ?? null }));
}

const fault = (what: string) => new GanzhiError('invalid-request', `The weather service: ${what}.`);
