/**
 * Fault localisation: meters that fell silent at one moment have one cause. Slave, bus, gateway, institution, division: the largest unit
 * of which most fell silent together is named, with the meters under it; what was silent before says nothing.
 */
import type { Finding, FindingKind, UnitKind } from '../detect/finding.ts';

/** Where a meter hangs. */
export interface Place {
  readonly meterId: number;
  readonly gatewayId: number | null;
  /** Bus or connection of the gateway: `10.0.0.7:502`; null where the registry does not know. */
  readonly bus: string | null;
  readonly institutionId: number;
  readonly divisionCode: string;
  readonly intervalMs: number;
}

/** One of a level: a silent meter, or a silent unit made of meters. */
interface Silent {
  readonly key: string;
  /** It fell silent in (earliest, latest]. */
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly toMs: number | undefined;
  readonly finding: Finding;
  readonly place: Place;
}

interface Level {
  readonly kind: FindingKind;
  readonly unitKind: UnitKind;
  /** The unit above, undefined where there is none. */
  readonly unit: (place: Place) => string | undefined;
  /** What is counted below it. */
  readonly part: (place: Place) => string | undefined;
  readonly fewest: number;
  readonly share: number;
}

const gatewayOf = ({ gatewayId }: Place) => (gatewayId === null ? undefined : `gateway/${gatewayId}`);
const busOf = (place: Place) => (place.bus === null ? undefined : `bus/${place.gatewayId}/${place.bus}`);
const meterOf = ({ meterId }: Place) => `meter/${meterId}`;

const BUS: Level = { kind: 'bus-outage', unitKind: 'bus', unit: busOf, part: meterOf, fewest: 2, share: 0.6 };
const GATEWAY: Level = {
  kind: 'gateway-outage',
  unitKind: 'gateway',
  unit: gatewayOf,
  part: meterOf,
  fewest: 2,
  share: 0.6,
};
const INSTITUTION: Level = {
  kind: 'institution-outage',
  unitKind: 'institution',
  unit: ({ institutionId }) => `institution/${institutionId}`,
  part: gatewayOf,
  fewest: 2,
  share: 0.6,
};
const DIVISION: Level = {
  kind: 'division-outage',
  unitKind: 'division',
  unit: ({ divisionCode }) => `division/${divisionCode}`,
  part: gatewayOf,
  fewest: 4,
  share: 0.5,
};

/**
 * @param findings silent meters (`gap`, `dead-slave`); others are returned as they are
 * @param places all meters of the institutions in question (of the divisions, for a division's cause to be seen)
 */
export function foldSilence(findings: readonly Finding[], places: readonly Place[]): Finding[] {
  const placeOf = new Map(places.map((place) => [place.meterId, place]));
  const silent: Silent[] = [];
  const others: Finding[] = [];
  for (const finding of findings) {
    const place = placeOf.get(finding.meterIds[0] ?? 0);
    const isSilentMeter = finding.unitKind === 'meter' && (finding.kind === 'gap' || finding.kind === 'dead-slave');
    if (isSilentMeter && place) silent.push(silentMeter(finding, place));
    else others.push(finding);
  }
  // A gateway that tells of failed reads is alive: what broke is its bus.
  const byGateway = lift(silent, places, GATEWAY);
  const gateways = byGateway.lifted.map((one) => asBus(one, silent));
  const byBus = lift(byGateway.left, places, BUS);
  const real = gateways.filter(({ finding }) => finding.unitKind === 'gateway');
  const byDivision = lift(real, places, DIVISION);
  const byInstitution = lift(byDivision.left, places, INSTITUTION);
  return [
    ...others,
    ...[
      ...byDivision.lifted,
      ...byInstitution.lifted,
      ...byInstitution.left,
      ...gateways.filter(({ finding }) => finding.unitKind === 'bus'),
      ...byBus.lifted,
      ...byBus.left,
    ].map(({ finding }) => finding),
  ];
}

const silentMeter = (finding: Finding, place: Place): Silent => ({
  key: meterOf(place),
  earliestMs: finding.fromMs - place.intervalMs,
  latestMs: finding.fromMs,
  toMs: finding.toMs,
  finding,
  place,
});

function asBus(one: Silent, meters: readonly Silent[]): Silent {
  const ids = new Set(one.finding.meterIds);
  const members = meters.filter(({ place }) => ids.has(place.meterId));
  const buses = new Set(members.map(({ place }) => busOf(place)));
  const [bus] = buses;
  if (buses.size !== 1 || bus === undefined || members.some(({ finding }) => finding.kind !== 'dead-slave')) return one;
  return { ...one, finding: { ...one.finding, kind: 'bus-outage', unitKind: 'bus', unit: bus } };
}

/** Puts together what fell silent at one moment below one unit of a level. */
function lift(silent: readonly Silent[], places: readonly Place[], level: Level) {
  const parts = partsOf(places, level);
  const lifted: Silent[] = [];
  const left: Silent[] = [];
  for (const [unit, members] of Map.groupBy(silent, ({ place }) => level.unit(place))) {
    if (unit === undefined) {
      left.push(...members);
      continue;
    }
    const all = parts.get(unit) ?? new Set();
    for (const cluster of clustersOf(members)) {
      const startMs = Math.min(...cluster.map(({ latestMs }) => latestMs));
      // what fell silent earlier and lasts could not fall silent now
      const before = new Set(
        members
          .filter((one) => one.latestMs < startMs && (one.toMs ?? Number.POSITIVE_INFINITY) > startMs)
          .map(({ key }) => key),
      );
      const base = [...all].filter((key) => !before.has(key)).length;
      const needed = Math.max(level.fewest, Math.ceil(level.share * base));
      if (new Set(cluster.map(({ key }) => key)).size < needed) left.push(...cluster);
      else {
        const { whole, rest } = together(cluster, unit, needed, base, level);
        lifted.push(whole);
        left.push(...rest);
      }
    }
  }
  return { lifted, left };
}

function partsOf(places: readonly Place[], level: Level): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>();
  for (const place of places) {
    const [unit, part] = [level.unit(place), level.part(place)];
    if (unit === undefined || part === undefined) continue;
    const known = parts.get(unit) ?? new Set();
    known.add(part);
    parts.set(unit, known);
  }
  return parts;
}

/** Those that can have begun at one moment. */
function clustersOf(members: readonly Silent[]): Silent[][] {
  const clusters: Silent[][] = [];
  for (const one of members.toSorted((a, b) => a.latestMs - b.latestMs)) {
    const last = clusters.at(-1);
    if (last && one.earliestMs <= (last[0]?.latestMs ?? 0)) last.push(one);
    else clusters.push([one]);
  }
  return clusters;
}

/** The cause lasts as long as enough of its parts are silent; those that stay silent after it stand by themselves. */
function together(cluster: readonly Silent[], unit: string, needed: number, base: number, level: Level) {
  const ends = cluster.map(({ toMs }) => toMs ?? Number.POSITIVE_INFINITY).sort((a, b) => b - a);
  const end = ends[needed - 1] ?? Number.POSITIVE_INFINITY;
  const longest = Math.max(...cluster.map(({ place }) => place.intervalMs));
  const toMs = end === Number.POSITIVE_INFINITY ? undefined : end;
  const rest = cluster
    .filter((one) => toMs !== undefined && (one.toMs ?? Number.POSITIVE_INFINITY) > toMs + longest)
    .map((one) => ({ ...one, finding: { ...one.finding, fromMs: toMs ?? one.finding.fromMs } }));
  const latestMs = Math.min(...cluster.map((one) => one.latestMs));
  const meterIds = [...new Set(cluster.flatMap(({ finding }) => finding.meterIds))].sort((a, b) => a - b);
  const [first] = cluster;
  if (!first) throw new RangeError('a cluster has members');
  const whole: Silent = {
    key: unit,
    earliestMs: Math.max(...cluster.map((one) => one.earliestMs)),
    latestMs,
    toMs,
    place: first.place,
    finding: {
      kind: level.kind,
      unitKind: level.unitKind,
      unit,
      meterIds,
      fromMs: latestMs,
      toMs,
      evidence: { silentParts: cluster.length, parts: base, silentMeters: meterIds.length },
    },
  };
  return { whole, rest };
}
