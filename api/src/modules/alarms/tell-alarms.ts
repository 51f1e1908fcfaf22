import { type FindingKind, KIND_WORDS, WASTE_KINDS } from '@ganzhi/analytics/rules';
import { HOUR, shanghaiText } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { notify } from '../../engines/notification/sql.ts';
import { type Handler, handlersAt } from './people.ts';
import { subjectOf } from './rules.ts';

const AT_ONCE = 200;
/** Nobody is there: looked for again after this. */
const NOBODY_MS = HOUR;
/** More at one moment come as one message: forty separate ones are read by nobody. */
const MOST_SINGLE = 5;

/** Who goes and looks: at what is wasted, those of the house; at meters and lines, those of the fleet. */
const NEAREST = {
  waste: ['energy-manager', 'institution-administrator', 'compound-manager', 'energy-service-company'],
  data: ['fleet-operator', 'energy-service-company'],
} as const;
/** Where nobody of these is there. */
const NEXT = [
  ['energy-manager', 'institution-administrator', 'compound-manager'],
  ['division-administrator', 'street-liaison'],
  ['city-administrator', 'installer'],
] as const;

interface Untold {
  id: bigint;
  kind: FindingKind;
  severity: 'warning' | 'critical';
  institutionId: number | null;
  divisionCode: string;
  placeZh: string;
  placeEn: string;
  beganAt: number;
  meters: number;
  cny: string | null;
}

/**
 * Tells of alarms that nobody was told of: the people nearest to them. Notices call nobody; one for which nobody is there waits.
 *
 * @param db sees everything: nobody asks for it
 * @returns how many alarms were told of
 */
export async function tellAlarms(db: Db, now: number): Promise<number> {
  return withTx(db, async (tx) => {
    const alarms = await untold(tx, now);
    const toldIds = new Set<bigint>();
    const byPerson = new Map<number, Untold[]>();
    const known = new Map<string, readonly Handler[]>();
    for (const alarm of alarms) {
      const key = `${alarm.institutionId}/${alarm.divisionCode}`;
      const handlers = known.get(key) ?? (await handlersAt(tx, alarm, now));
      known.set(key, handlers);
      for (const person of nearest(handlers, alarm.kind)) {
        byPerson.set(person, [...(byPerson.get(person) ?? []), alarm]);
        toldIds.add(alarm.id);
      }
    }
    for (const [person, list] of byPerson) await tellPerson(tx, person, list, now);
    await tx.query('update alarm.alarm set told_at = $2 where id = any($1::int8[])', [[...toldIds], new Date(now)]);
    const waiting = alarms.flatMap(({ id }) => (toldIds.has(id) ? [] : id));
    await tx.query('update alarm.alarm set tell_after = $2 where id = any($1::int8[])', [
      waiting,
      new Date(now + NOBODY_MS),
    ]);
    return toldIds.size;
  });
}

async function untold(tx: Tx, now: number): Promise<Untold[]> {
  const { rows } = await tx.query<Untold>(
    `select a.id, a.kind, a.severity, a.institution_id as "institutionId", a.division_code as "divisionCode",
       coalesce(m.name_zh, i.name_zh, d.name_zh) as "placeZh", coalesce(m.name_en, i.name_en, d.name_en) as "placeEn",
       a.began_at as "beganAt", a.monthly_cny as cny,
       (select count(*)::int4 from alarm.member x where x.alarm_id = a.id and x.ended_at is null) as meters
     from alarm.alarm a
     left join registry.institution i on i.id = a.institution_id
     left join registry.division d on d.code = a.division_code
     left join lateral (select concat_ws(' ', i.name_zh, m.name_zh, m.code) as name_zh, concat_ws(' ', i.name_en, m.name_en, m.code) as name_en
       from registry.meter m where m.id = a.meter_id) m on true
     where a.told_at is null and a.state <> 'confirmed' and a.severity <> 'notice'
       and (a.tell_after is null or a.tell_after <= $2)
     order by a.id limit $1 for update of a skip locked`,
    [AT_ONCE, new Date(now)],
  );
  return rows;
}

function nearest(handlers: readonly Handler[], kind: FindingKind): Set<number> {
  const first = WASTE_KINDS.some((waste) => waste === kind) ? NEAREST.waste : NEAREST.data;
  for (const roles of [first, ...NEXT]) {
    const people = handlers.filter(({ role }) => roles.some((one) => one === role));
    if (people.length > 0) return new Set(people.map(({ id }) => id));
  }
  return new Set();
}

async function tellPerson(tx: Tx, person: number, alarms: readonly Untold[], now: number): Promise<void> {
  const messages = alarms.length > MOST_SINGLE ? [digestOf(alarms)] : alarms.map(messageOf);
  for (const message of messages) await notify(tx, { ...message, to: [person], kind: 'alarm.opened' }, now);
  await tx.query(
    `insert into alarm.told (alarm_id, user_id, at) select a, $2, $3 from unnest($1::int8[]) a on conflict do nothing`,
    [alarms.map(({ id }) => id), person, new Date(now)],
  );
}

/** Whole sites are blind: it does not wait for the morning. A leak does. */
const isUrgent = ({ kind }: Untold): boolean => kind === 'division-outage' || kind === 'institution-outage';

function messageOf(alarm: Untold) {
  const { zh, en, doZh, doEn } = KIND_WORDS[alarm.kind];
  const since = shanghaiText(alarm.beganAt).slice(0, 16).replace('T', ' ');
  const cost = alarm.cny === null ? undefined : Math.round(Number(alarm.cny));
  const costs = {
    zh: cost === undefined ? '' : `若不处理，估计每月约 ${cost} 元（估算，不入账）。`,
    en: cost === undefined ? '' : ` About CNY ${cost} a month if nothing is done (an estimate, never booked).`,
  };
  const meters = {
    zh: alarm.meters > 1 ? `，涉及 ${alarm.meters} 块表` : '',
    en: alarm.meters > 1 ? `, ${alarm.meters} meters` : '',
  };
  return {
    subject: subjectOf(alarm.id),
    urgent: isUrgent(alarm),
    title: { zh: `${zh}：${alarm.placeZh}`, en: `${en}: ${alarm.placeEn}` },
    text: {
      zh: `自 ${since} 起${meters.zh}。${costs.zh}建议：${doZh}。详情见告警 ${alarm.id}。`,
      en: `Since ${since} (Asia/Shanghai)${meters.en}.${costs.en} First: ${doEn}. See alarm ${alarm.id}.`,
    },
  };
}

function digestOf(alarms: readonly Untold[]) {
  const counts = [...Map.groupBy(alarms, ({ kind }) => kind)].sort((a, b) => b[1].length - a[1].length);
  const list = (language: 'zh' | 'en') =>
    counts.map(([kind, list]) => `${KIND_WORDS[kind][language]} ${list.length}`).join(language === 'zh' ? '、' : ', ');
  return {
    subject: 'alarms',
    urgent: alarms.some(isUrgent),
    title: { zh: `${alarms.length} 条新告警`, en: `${alarms.length} new alarms` },
    text: {
      zh: `${list('zh')}。请在告警页查看，按类型与单位筛选。`,
      en: `${list('en')}. See the page of alarms, by kind and institution.`,
    },
  };
}
