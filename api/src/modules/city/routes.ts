import { BOOKED_COUNTER, DAY, dayStart, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { energyNumber, energyOf, energyOrNull } from '../../lib/energy.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { hiddenInstitutions, isSmallGroup, SMALLEST_GROUP } from '../../lib/small-groups.ts';
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
      config: {
        auth: 'user',
        permission: 'aggregate.read',
        data: (_, now) => ({ fromMs: dayStart(now) - DAY, toMs: now }),
      },
      schema: {
        tags: ['city'],
        operationId: 'getCity',
        summary: 'The whole city now and today · 全市概览',
        querystring: NoQuery,
        response: { 200: City, ...problems(400, 401) },
      },
      handler: async (request) => {
        const now = clock();
        const twoDays = { start: dayStart(now) - DAY, end: dayStart(now) + DAY };
        const [hidden, counts, rows, spans] = await Promise.all([
          hiddenInstitutions(db, request),
          cityCounts(db, now),
          cityHours(db, twoDays),
          citySpans(db, twoDays),
        ]);
        const days = cityDays({ rows, spans, ...counts }, now);
        const history = HistorySetting.safeParse(counts.history);
        const told = {
          asOf: shanghaiText(counts.newestReadingAt ?? minuteStart(now)),
          powerMeters: { reporting: counts.powerReporting, total: counts.mainMeters },
          institutions: { registered: counts.registered, metered: counts.metered },
          gateways: { online: counts.gatewaysOnline, total: counts.gateways },
          outboxReadings: Number(counts.outboxReadings),
          history: history.success ? history.data : null,
        };
        if (isSmallGroup(hidden)) return { ...told, ...SUPPRESSED };
        return {
          ...told,
          suppressed: null,
          powerKw: counts.powerKw === null ? null : energyNumber(energyOf(counts.powerKw)),
          today: { ...energy(days.today), unit: BOOKED_COUNTER.electricity.unit },
          yesterdaySameHours: energy(days.yesterdaySameHours),
          yesterday: energy(days.yesterday),
          completenessToday: days.today.coverage,
          hours: { today: days.today.buckets.map(hour), yesterday: days.yesterday.buckets.map(hour) },
        };
      },
    });
  },
};

const NOTHING = { consumption: null, coverage: null };

/** A total that would tell of a single institution. */
const SUPPRESSED = {
  suppressed: { reason: 'small-group', fewerThan: SMALLEST_GROUP } as const,
  powerKw: null,
  today: { ...NOTHING, unit: BOOKED_COUNTER.electricity.unit },
  yesterdaySameHours: NOTHING,
  yesterday: NOTHING,
  completenessToday: null,
  hours: { today: [], yesterday: [] },
};

const energy = ({ consumption, coverage }: SpanFigures | BucketFigures) => ({
  consumption: energyOrNull(consumption),
  coverage,
});

const hour = (bucket: BucketFigures) => ({ start: shanghaiText(bucket.start), ...energy(bucket) });
