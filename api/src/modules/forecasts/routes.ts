import { addDays, dayNumber, forecastTo } from '@ganzhi/analytics/rules';
import { BOOKED_COUNTER, dateText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { addMonths, type Days, yearDays } from '../../lib/day.ts';
import { IdParams, problems } from '../../lib/shapes.ts';
import { institutionExists } from '../reference/sql.ts';
import { ForecastQuery, Forecasts } from './schema.ts';
import { dailyEnergy } from './sql.ts';

/** Two years and a half: a year to learn the seasons from, and one to test it on. */
const BASIS_DAYS = 913;

export const forecasts: ApiModule = {
  name: 'forecasts',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/forecasts',
      config: { auth: 'user' },
      schema: {
        tags: ['forecasts'],
        operationId: 'getInstitutionForecasts',
        summary: 'Energy to the end of day, month and year, with band, naive forecast and back-test · 用能预测',
        params: IdParams,
        querystring: ForecastQuery,
        response: { 200: Forecasts, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query: { medium, knownOn } }) => {
        if (!(await institutionExists(db, id))) throw notFound();
        const today = dateText(Math.min(clock(), knownOn ?? clock()));
        const tomorrow = addDays(today, 1);
        // what is to come is forecast for the meters held today, as if they had been held all along; what was is of its holders
        const basis = { from: addDays(today, -BASIS_DAYS), to: tomorrow };
        const rows = await dailyEnergy(db, id, medium, basis, { knownOn, heldOn: today });
        const used = await dailyEnergy(
          db,
          id,
          medium,
          { from: `${today.slice(0, 4)}-01-01`, to: tomorrow },
          { knownOn },
        );
        const byDay = new Map(rows.map((row) => [row.day, row]));
        const first = rows[0]?.day ?? today;
        // a day that lacks a meter would teach the model a saving that never was
        const days = Array.from({ length: dayNumber(today) - dayNumber(first) }, (_, i) => {
          const row = byDay.get(addDays(first, i));
          return row && row.meters === row.of ? Number(row.energy) : null;
        });
        const horizon = ({ from, to }: Days) => {
          const soFar = used.filter(({ day }) => day >= from).reduce((total, { energy }) => total + Number(energy), 0);
          const now = Number(byDay.get(today)?.energy ?? 0);
          const remaining = dayNumber(to) - dayNumber(today);
          return { from, to, soFar, forecast: forecastTo({ days, soFar, today: now, remaining }) ?? null };
        };
        const month = `${today.slice(0, 7)}-01`;
        return {
          unit: BOOKED_COUNTER[medium].unit,
          atLeast: days.includes(null),
          day: horizon({ from: today, to: addDays(today, 1) }),
          month: horizon({ from: month, to: addMonths(month, 1) }),
          year: horizon(yearDays(Number(today.slice(0, 4)))),
        };
      },
    });
  },
};
