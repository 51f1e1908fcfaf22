import { DAY } from '@ganzhi/schemas';
import type { ModuleExamples } from '../../../test/conformance/examples.ts';

/** An alarm of each place, and one for each way to move it on. */
const ids = new Map<string, number>();
const params = (place: 'ours' | 'theirs', of: string) => ({ id: ids.get(`${place}/${of}`) ?? 0 });
const version = { 'if-match': '"1"' };

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { institutionId, meterId, division } = world[place];
    for (const of of ['read', 'acknowledge', 'assign', 'resolve']) {
      const { rows } = await owner.query<{ id: bigint }>(
        `with made as (
           insert into alarm.alarm (kind, severity, unit_kind, unit, institution_id, division_code, meter_id, began_at, detected_at,
             seen_at, evidence, plot)
           values ('leak', 'critical', 'meter', $1, $2, $3, $4, $5, $6, $6, '{"nights": 3}', 'null') returning id),
         struck as (insert into alarm.member (alarm_id, meter_id, institution_id) select id, $4, $2 from made)
         select id from made`,
        [`meter/${meterId}/${of}`, institutionId, division, meterId, new Date(world.now - DAY), new Date(world.now)],
      );
      ids.set(`${place}/${of}`, Number(rows[0]?.id));
    }
  },
  change: async (owner, world, place) => {
    await owner.query(
      `update alarm.alarm set evidence = jsonb_set(evidence, '{nights}', '9'), seen_at = seen_at + interval '1 hour',
         detected_at = detected_at + interval '1 second' where institution_id = $1`,
      [world[place].institutionId],
    );
  },
  routes: {
    getAlarm: (_, place) => ({ params: params(place, 'read') }),
    acknowledgeAlarm: (_, place) => ({ params: params(place, 'acknowledge'), headers: version, body: {} }),
    assignAlarm: (_, place) => ({ params: params(place, 'assign'), headers: version, body: { assignee: 'x' } }),
    resolveAlarm: (_, place) => ({ params: params(place, 'resolve'), headers: version, body: { note: 'x' } }),
    createAlarmThreshold: () => ({
      body: { detector: 'leak', name: 'nights', value: 4, validFrom: '2026-11-01', sourceDocument: 'x' },
    }),
  },
  unscoped: {
    listAlarmKinds: 'names of kinds, of no institution',
    listAlarmThresholds: 'reference data of the whole city, of no institution',
  },
  refusedAsExample: {
    assignAlarm: 'needs a person who may; alarms.test.ts',
  },
};
