/** What extra use costs, estimated: a tariff's mean price over the hours in which it was used. Never booked. */
import { DAY, dateText, HOUR } from '@ganzhi/schemas';
import type { Finding } from '../detect/finding.ts';
import { type CalendarOverrides, dayType } from '../energy/calendar.ts';
import { toNumber } from '../energy/rational.ts';
import { bandAt, priceOf, type TariffContent } from '../energy/tariff.ts';

/** CNY per unit in one hour. */
export function priceAt(content: TariffContent, hourMs: number, overrides?: CalendarOverrides): number {
  const day = dateText(hourMs);
  const hour = (hourMs / HOUR + 8) % 24;
  return toNumber(priceOf(content, bandAt(content, Number(day.slice(5, 7)), dayType(day, overrides).type, hour)));
}

/**
 * Mean price of a finding's extra use: over its hours, each as heavy as what was found beyond what was expected; every hour alike where
 * no series tells. At most the last 31 days: a tariff's hours repeat.
 */
export function meanPrice(
  content: TariffContent,
  { fromMs, toMs, plot }: Pick<Finding, 'fromMs' | 'toMs' | 'plot'>,
  nowMs: number,
  overrides?: CalendarOverrides,
): number {
  const until = toMs ?? nowMs;
  const from = Math.max(fromMs, until - 31 * DAY);
  let weight = 0;
  let cost = 0;
  let plain = 0;
  let hours = 0;
  for (let hour = Math.ceil(from / HOUR) * HOUR; hour < until; hour += HOUR) {
    const price = priceAt(content, hour, overrides);
    plain += price;
    hours += 1;
    if (!plot) continue;
    const at = Math.floor((hour - plot.fromMs) / plot.stepMs);
    const more = (plot.found[at] ?? 0) - (plot.expected[at] ?? 0);
    if (more <= 0) continue;
    weight += more;
    cost += more * price;
  }
  if (weight > 0) return cost / weight;
  return hours > 0 ? plain / hours : priceAt(content, Math.floor(until / HOUR) * HOUR, overrides);
}
