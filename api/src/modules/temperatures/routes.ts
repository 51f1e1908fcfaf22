import { addDays, COOLING_BASE_C, degreeDay, HEATING_BASE_C } from '@ganzhi/analytics/rules';
import { dateText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { ApiModule } from '../../context.ts';
import { wrongField } from '../../errors/refuse.ts';
import { addMonths, checkedDays, daysBetween } from '../../lib/day.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { readTemperatures } from './imports.ts';
import { DegreeDayQuery, DegreeDays, Feeds, Stored, TemperatureImport, Temperatures } from './schema.ts';
import * as sql from './sql.ts';

const tags = ['temperatures'];
const config = { auth: 'user' } as const;
const LONGEST_DAYS = 800;
const IMPORT_LIMIT = 6 * 1024 * 1024;

export const temperatures: ApiModule = {
  name: 'temperatures',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'POST',
      url: '/temperature-hours',
      config,
      schema: {
        tags,
        operationId: 'storeTemperatures',
        summary: 'Outdoor temperature by hour: the door for a weather feed · 室外气温写入',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: Temperatures,
        response: { 200: Stored, ...problems(400, 401, 403, 409) },
      },
      handler: async (request) =>
        write(context, request, 'temperature.store', async (tx, _, now) => {
          await assertWholeCity(tx);
          const { station, source, hours } = request.body;
          await checkStation(tx, station);
          const once = [...new Map(hours.map((one) => [one.hour, one])).values()];
          const written = await sql.storeHours(tx, station, source, once, now);
          const answer = { rows: hours.length, written, errors: [] };
          return { answer, target: `weather-station/${station}`, after: { ...answer, source } };
        }),
    });

    api.route({
      method: 'POST',
      url: '/temperature-imports',
      bodyLimit: IMPORT_LIMIT,
      config,
      schema: {
        tags,
        operationId: 'importTemperatures',
        summary: 'Hourly temperature of a CSV or Excel file, all or nothing, with preview · 导入气温',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: TemperatureImport,
        response: { 200: Stored, ...problems(400, 401, 403, 409) },
      },
      handler: async (request) => {
        const { station, source, format, content, preview } = request.body;
        return write(context, request, 'temperature.import', async (tx, _, now) => {
          await assertWholeCity(tx);
          await checkStation(tx, station);
          const { rows, hours, errors } = await readTemperatures(format, content);
          const good = !preview && errors.length === 0;
          const written = good ? await sql.storeHours(tx, station, source, hours, now) : 0;
          const answer = { rows, written, errors: errors.slice(0, 1_000) };
          return { answer, target: `weather-station/${station}`, after: { rows, written, source } };
        });
      },
    });

    api.route({
      method: 'GET',
      url: '/temperature-feeds',
      config,
      schema: {
        tags,
        operationId: 'listTemperatureFeeds',
        summary: 'How pulling the outdoor temperature fares · 气温自动获取状态',
        querystring: NoQuery,
        response: { 200: Feeds, ...problems(400, 401) },
      },
      handler: async () => ({
        items: (await sql.feeds(db)).map(({ lastOkAt, lastFailedAt, ...row }) => ({
          ...row,
          lastOkAt: instantOrNull(lastOkAt),
          lastFailedAt: instantOrNull(lastFailedAt),
        })),
      }),
    });

    api.route({
      method: 'GET',
      url: '/degree-days',
      config,
      schema: {
        tags,
        operationId: 'listDegreeDays',
        summary: 'Heating and cooling degree days · 度日数',
        querystring: DegreeDayQuery,
        response: { 200: DegreeDays, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const from = query.from ?? `${dateText(clock()).slice(0, 7)}-01`;
        const days = checkedDays({ from, to: query.to ?? addMonths(from, 1) });
        const length = daysBetween(days);
        if (length > LONGEST_DAYS) {
          throw wrongField('to', { zh: '最多查询 800 天。', en: 'At most 800 days can be asked for.' });
        }
        await checkStation(db, query.station);
        const known = await sql.hoursByDay(db, query.station, days);
        const items = Array.from({ length }, (_, i) => {
          const day = addDays(days.from, i);
          const hours = known.get(day);
          return { ...degreeDay(day, hours?.meansC ?? []), provisional: hours?.provisional ?? false };
        });
        const sum = (pick: (item: (typeof items)[number]) => number | null): number =>
          Math.round(items.reduce((total, item) => total + (pick(item) ?? 0), 0) * 100) / 100;
        return {
          station: query.station,
          ...days,
          heatingBaseC: HEATING_BASE_C,
          coolingBaseC: COOLING_BASE_C,
          heating: sum(({ heating }) => heating),
          cooling: sum(({ cooling }) => cooling),
          missingDays: items.filter(({ meanC }) => meanC === null).length,
          items,
        };
      },
    });
  },
};

/** @throws Refusal `invalid-request` */
async function checkStation(db: Db | Tx, station: string): Promise<void> {
  if (await sql.stationExists(db, station)) return;
  throw wrongField('station', {
    zh: '没有此气象站，常州站为 58343。',
    en: 'There is no such weather station; Changzhou is 58343.',
  });
}
