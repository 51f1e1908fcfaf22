import type { Named } from './api/types.ts';
import type { Language } from './i18n/language.ts';

const ZONE = 'Asia/Shanghai';
/** What stands where nothing is known; never a zero. */
export const UNKNOWN = '–';
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** Numbers and times in words of one language. Unknown is a dash, never zero. Every time is Asia/Shanghai. */
export interface Format {
  /** A bare number: three significant digits below 100, whole from 1,000 on. */
  number(value: number | null): string;
  /** A label of an axis: as many digits as it needs, so that neighbours look alike. */
  axis(value: number): string;
  count(value: number | null): string;
  /** Value with unit, `1,234 kWh`. */
  quantity(value: number | null, unit: string): string;
  /** A share 0 to 1, `98.2 %`; never rounded up to 100 % when something is missing. */
  share(value: number | null): string;
  /** A relative change with its sign, `+3.1 %`. */
  change(value: number): string;
  clock(at: number): string;
  hourMinute(at: number): string;
  dayTime(at: number): string;
  day(at: number): string;
  monthDay(at: number): string;
  /** `3 minutes ago`, measured at `now`; a dash when it never happened. */
  ago(at: number | null, now: number): string;
  duration(seconds: number): string;
  /** A clock's error with its sign, `+0.3 s`. */
  offset(seconds: number): string;
  /** The name in this language. */
  name(of: Named): string;
}

/** The formatters of a language; built once, Intl objects are costly. */
export function createFormat(language: Language): Format {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const fixed = [0, 1, 2].map(
    (digits) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const withDigits = (value: number, digits: number): string => (fixed[digits] ?? fixed[0])?.format(value) ?? '';
  const axis = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  });
  const offset = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'narrow',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  });
  const unit = (name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 0 });
  const units = { second: unit('second'), minute: unit('minute'), hour: unit('hour'), day: unit('day') };
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'short' });
  const time = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options });
  const clock = time({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const hourMinute = time({ hour: '2-digit', minute: '2-digit' });
  const dayTime = time({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  const monthDay = time({ month: 'numeric', day: 'numeric' });
  const day = time({ month: 'short', day: 'numeric', weekday: 'short' });

  const number = (value: number | null): string => (value === null ? UNKNOWN : withDigits(value, digitsOf(value)));
  return {
    number,
    axis: (value) => axis.format(value),
    count: (value) => (value === null ? UNKNOWN : withDigits(value, 0)),
    quantity: (value, name) => (value === null ? UNKNOWN : `${number(value)} ${name}`),
    share: (value) => (value === null ? UNKNOWN : percent.format(roundedShare(value))),
    change: (value) => signed.format(value),
    clock: (at) => clock.format(at),
    hourMinute: (at) => hourMinute.format(at),
    dayTime: (at) => dayTime.format(at),
    day: (at) => day.format(at),
    monthDay: (at) => monthDay.format(at),
    ago: (at, now) => {
      if (at === null) return UNKNOWN;
      const [value, step] = largestUnit(Math.max(0, (now - at) / 1_000));
      return relative.format(-value, step);
    },
    duration: (seconds) => {
      const [value, step] = largestUnit(seconds);
      return units[step].format(value);
    },
    offset: (seconds) => offset.format(seconds),
    name: (of) => (language === 'zh' ? of.nameZh : of.nameEn),
  };
}

/** Digits after the point that keep about three significant ones. */
export function digitsOf(value: number): 0 | 1 | 2 {
  const magnitude = Math.abs(value);
  if (magnitude >= 1_000 || magnitude === 0) return 0;
  return magnitude >= 10 ? 1 : 2;
}

/** One decimal of a percentage; 0.9999 stays below 1 and 0.0001 above 0, since "all" and "none" are claims. */
export function roundedShare(value: number): number {
  const rounded = Math.round(value * 1_000) / 1_000;
  if (rounded >= 1 && value < 1) return 0.999;
  if (rounded <= 0 && value > 0) return 0.001;
  return rounded;
}

/** The largest unit in which a duration is at least one, with the whole number of it. */
export function largestUnit(seconds: number): [number, 'second' | 'minute' | 'hour' | 'day'] {
  if (seconds < MINUTE_S) return [Math.floor(seconds), 'second'];
  if (seconds < HOUR_S) return [Math.floor(seconds / MINUTE_S), 'minute'];
  if (seconds < 2 * DAY_S) return [Math.floor(seconds / HOUR_S), 'hour'];
  return [Math.floor(seconds / DAY_S), 'day'];
}

/** Epoch ms of an API time; null stays null. */
export const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));
