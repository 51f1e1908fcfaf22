import { BOOKED_COUNTER, DAY, dayStart, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { energyNumber, energyOf, energyOrNull } from '../../lib/energy.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { minuteStart } from '../../lib/time.ts';
import type { BucketFigures, SpanFigures } from '../consumption/rules.ts';
import { cityDays } from './rules.ts';
import { City } from './schema.ts';
import { cityCounts, cityHours, citySpans, HistorySetting } from './sql.ts';

export const city: ApiModule = {
  name: 'city',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/city',
      config: { auth: 'user', permission: 'aggregate.read' },
      schema: {
        tags: ['city'],
        operationId: 'getCity',
        summary: 'The whole city now and today · 全市概览',
        querystring: NoQuery,
        response: { 200: City, ...problems(400, 401) },
      },
      handler: async () => {
        const now = clock();
        const twoDays = { start: dayStart(now) - DAY, end: dayStart(now) + DAY };
        const [counts, rows, spans] = await Promise.all([
          cityCounts(db, now),
          cityHours(db, twoDays),
          citySpans(db, twoDays),
        ]);
        const days = cityDays({ rows, spans, ...counts }, now);
        const history = HistorySetting.safeParse(counts.history);
        return {
          asOf: shanghaiText(counts.newestReadingAt ?? minuteStart(now)),
          powerKw: counts.powerKw === null ? null : energyNumber(energyOf(counts.powerKw)),
          powerMeters: { reporting: counts.powerReporting, total: counts.mainMeters },
          today: { ...energy(days.today), unit: BOOKED_COUNTER.electricity.unit },
          yesterdaySameHours: energy(days.yesterdaySameHours),
          yesterday: energy(days.yesterday),
          institutions: { registered: counts.registered, metered: counts.metered },
          gateways: { online: counts.gatewaysOnline, total: counts.gateways },
          outboxReadings: Number(counts.outboxReadings),
          completenessToday: days.today.coverage,
          history: history.success ? history.data : null,
          hours: { today: days.today.buckets.map(hour), yesterday: days.yesterday.buckets.map(hour) },
        };
      },
    });
  },
};

const energy = ({ consumption, coverage }: SpanFigures | BucketFigures) => ({
  consumption: energyOrNull(consumption),
  coverage,
});

const hour = (bucket: BucketFigures) => ({ start: shanghaiText(bucket.start), ...energy(bucket) });
