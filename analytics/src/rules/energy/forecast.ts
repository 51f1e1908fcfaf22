/**
 * Energy to the end of a span: what is known so far, and the rest by a model, always beside the naive forecast and with both
 * back-tested on the past (domain handbook §2.5). A forecast is never booked and never part of a verdict.
 */
import { quantile } from 'simple-statistics';
import { forecastWeekly, mean } from './holt-winters.ts';

export interface ForecastInput {
  /** Energy of complete days up to yesterday, in order; null where it is not known. */
  readonly days: readonly (number | null)[];
  /** Energy of the span so far: its complete days, and the running day. */
  readonly soFar: number;
  /** Energy of the running day so far; part of `soFar`. */
  readonly today: number;
  /** Days of the span that are still to come, the running one included. */
  readonly remaining: number;
}

export interface Accuracy {
  /** Mean absolute error as a share of what happened. */
  readonly meanAbsoluteShare: number;
  /** Mean error as a share; positive: too low. */
  readonly bias: number;
}

export interface Forecast {
  readonly value: number;
  /** 10 % and 90 % quantile of the back-tested errors around it. */
  readonly low: number;
  readonly high: number;
  readonly method: 'holt-winters' | 'last-year' | 'naive';
  readonly naive: number;
  readonly backTest: { readonly origins: number; readonly model: Accuracy; readonly naive: Accuracy };
  /** Days without a figure that the model filled with their weekday's mean. */
  readonly filledDays: number;
  readonly basisDays: number;
}

/** Days needed before anything is forecast, and how many of the last eight weeks must be known. */
const LEAST_DAYS = 28;
const RECENT = 56;
const LEAST_KNOWN = 0.7;
const YEAR = 364;
/** Beyond this the weekly model knows nothing of the seasons; last year does. */
const SEASONAL_FROM = 40;
const ORIGINS = 12;

type Model = (history: readonly number[], steps: number) => number;

/** The last week again and again. */
const naive: Model = (history, steps) => {
  const week = history.slice(-7);
  return Array.from({ length: steps }, (_, i) => week[i % week.length] ?? 0).reduce((total, value) => total + value, 0);
};

const weekly: Model = (history, steps) => forecastWeekly(history, steps).reduce((total, value) => total + value, 0);

/** The same weekdays of last year, moved by how the last four weeks compare with those of last year. */
const lastYear: Model = (history, steps) => {
  const start = history.length - YEAR;
  const before = history.slice(start, start + steps);
  const then = mean(history.slice(Math.max(0, start - LEAST_DAYS), start));
  const change = then === 0 ? 1 : mean(history.slice(-LEAST_DAYS)) / then;
  // the further ahead, the less a recent change says
  const pull = Math.min(1, LEAST_DAYS / steps);
  return before.reduce((total, value) => total + value, 0) * (1 + (change - 1) * pull);
};

/** Undefined when too little is known: no figure is better than a guess without a basis. */
export function forecastTo(input: ForecastInput): Forecast | undefined {
  const recent = input.days.slice(-RECENT);
  const known = recent.filter((day) => day !== null).length;
  if (input.days.length < LEAST_DAYS || known < LEAST_DAYS * LEAST_KNOWN || known < recent.length * LEAST_KNOWN) {
    return undefined;
  }
  const { history, filled } = fill(input.days);
  const seasonal = input.remaining >= SEASONAL_FROM && history.length >= YEAR + LEAST_DAYS;
  const model = seasonal ? lastYear : weekly;
  const origins = originsOf(history.length, input.remaining, seasonal);
  const errorsOf = (one: Model): number[] => origins.map((origin) => errorAt(history, origin, input.remaining, one));
  const [ofModel, ofNaive] = [errorsOf(model), errorsOf(naive)];
  const accuracy = { model: accuracyOf(ofModel), naive: accuracyOf(ofNaive) };
  // a model that loses against the naive forecast in its own back-test is not used
  const worse = accuracy.model.meanAbsoluteShare > accuracy.naive.meanAbsoluteShare;
  const errors = worse ? ofNaive : ofModel;
  const done = input.soFar - input.today;
  const total = (rest: number): number => done + Math.max(input.today, rest);
  const rest = (worse ? naive : model)(history, input.remaining);
  return {
    value: total(rest),
    low: total(rest * (1 + quantileOf(errors, 0.1))),
    high: total(rest * (1 + quantileOf(errors, 0.9))),
    method: worse ? 'naive' : seasonal ? 'last-year' : 'holt-winters',
    naive: total(naive(history, input.remaining)),
    backTest: { origins: origins.length, ...accuracy },
    filledDays: filled,
    basisDays: history.length,
  };
}

const quantileOf = (errors: readonly number[], p: number): number =>
  errors.length === 0 ? 0 : quantile([...errors], p);

/** Past days to start from, so that the whole horizon after each is known; the nearest last. */
function originsOf(length: number, horizon: number, seasonal: boolean): number[] {
  const least = seasonal ? YEAR + LEAST_DAYS : LEAST_DAYS;
  const step = Math.max(1, Math.min(7, Math.floor((length - horizon - least) / ORIGINS)));
  const origins = Array.from({ length: ORIGINS }, (_, i) => length - horizon - i * step);
  return origins.filter((origin) => origin >= least).reverse();
}

/** (actual − forecast) / forecast, so that a forecast times 1 + error is what happened. */
function errorAt(history: readonly number[], origin: number, horizon: number, model: Model): number {
  const forecast = model(history.slice(0, origin), horizon);
  const actual = history.slice(origin, origin + horizon).reduce((total, value) => total + value, 0);
  return forecast === 0 ? 0 : (actual - forecast) / forecast;
}

const accuracyOf = (errors: readonly number[]): Accuracy => ({
  meanAbsoluteShare: mean(errors.map(Math.abs)),
  bias: mean(errors),
});

function fill(days: readonly (number | null)[]): { history: number[]; filled: number } {
  const all = days.filter((day) => day !== null);
  const history = days.map((day, i) => {
    if (day !== null) return day;
    const same = [-28, -21, -14, -7, 7, 14].flatMap((shift) => days[i + shift] ?? []);
    return mean(same.length > 0 ? same : all);
  });
  return { history, filled: days.length - all.length };
}
