import { DAY, dateText, dayStart } from '@ganzhi/schemas';
import chineseDays from 'chinese-days';

export type DayKind = 'workday' | 'weekend' | 'holiday';

const known = new Map<number, DayKind>();

/**
 * Kind of the Shanghai day that contains `t`, with the State Council's holidays and make-up workdays. Years not yet
 * published count as plain weeks (chinese-days knows them from November before).
 */
export function dayKind(t: number): DayKind {
  const day = Math.floor(dayStart(t) / DAY);
  const cached = known.get(day);
  if (cached) return cached;
  const { work, name } = chineseDays.getDayDetail(dateText(t));
  // A plain weekend is named "Saturday"; a holiday "National Day,国庆节,3".
  const kind = work ? 'workday' : name.includes(',') ? 'holiday' : 'weekend';
  known.set(day, kind);
  return kind;
}
