import { DAY, SECOND } from '@ganzhi/schemas';
import type { Census } from '../census/census.ts';
import type { CensusMeter } from '../census/meter.ts';
import { bookedPoint } from '../census/models.ts';
import { hashText, hashUnit } from '../random.ts';
import { FAULT_KINDS, type Fault, type FaultKind, KINDS, type KindSpec } from './kinds.ts';
import { recordableCt } from './registry.ts';

export interface DrawOptions {
  census: Census;
  seed: number;
  /** Start of the run, and how many days it has. */
  fromMs: number;
  days: number;
  /** How much more often than the table says; 0 for the control run. */
  intensity: number;
  kinds?: readonly FaultKind[];
}

/** No meter has a second fault of its own so soon after one, or an effect could not be told from the other. */
const QUIET_MS = DAY;
/** No fault of a gateway's upload lasts longer, with the quiet time after it. */
const LONGEST_UPLOAD_DAYS = 9;
/** Momentary faults show in one reading. */
const moments = (magnitude: number, kind: FaultKind, intervalMs: number): number =>
  kind === 'transient-zero' ? magnitude * intervalMs : intervalMs;

/**
 * The faults of a run, by start. Drawn by hash of (seed, kind, unit, day): a longer run has the faults of a shorter one and
 * more, another institution more changes no fault of the others.
 *
 * One meter has one fault of its own at a time; what strikes its gateway or division comes on top, one at a time too.
 */
export function drawFaults(options: DrawOptions): Fault[] {
  const { census, kinds = FAULT_KINDS } = options;
  const byGateway = Map.groupBy(census.meters, ({ gatewayCode }) => gatewayCode);
  const divisionOf = new Map(census.sites.map((site) => [site.code, site.divisionCode]));
  const byDivision = Map.groupBy(census.meters, ({ institutionCode }) => divisionOf.get(institutionCode) ?? '');
  const siblings = Map.groupBy(census.meters, ({ parentCode, medium }) =>
    parentCode ? `${parentCode}|${medium}` : '',
  );
  const candidates = kinds.flatMap((kind) => {
    const { at } = KINDS[kind];
    // Outages after the end decide what stands aside for them before it.
    const ahead = { ...options, days: options.days + LONGEST_UPLOAD_DAYS };
    if (at === 'division')
      return [...byDivision].flatMap(([code, meters]) =>
        drawUnit(ahead, kind, `division ${code}`, meters).map((outage) => ({ ...outage, division: code })),
      );
    if (at === 'gateway') return [...byGateway].flatMap(([code, meters]) => drawUnit(options, kind, code, meters));
    return census.meters.flatMap((meter) => {
      const struck = strike(kind, meter, siblings.get(`${meter.parentCode}|${meter.medium}`) ?? []);
      return struck ? drawUnit(options, kind, meter.code, struck) : [];
    });
  });
  candidates.sort((a, b) => a.start - b.start || rank(a.kind) - rank(b.kind) || (a.unit < b.unit ? -1 : 1));
  const end = options.fromMs + options.days * DAY;
  const drawn = keepApart(candidates).filter(({ start }) => start < end);
  return drawn.flatMap(({ unit, meters, ...fault }, i) =>
    meters.map((meter, place) => {
      const partner = fault.kind === 'swapped-children' ? meters[1 - place]?.code : undefined;
      return {
        id: `F${String(i + 1).padStart(5, '0')}`,
        ...fault,
        meter: meter.code,
        gateway: meter.gatewayCode,
        ...(partner === undefined ? {} : { partner }),
      };
    }),
  );
}

/** A fault before it is given to its meters. */
interface Candidate extends Pick<Fault, 'kind' | 'start' | 'end' | 'magnitude' | 'division' | 'announced'> {
  unit: string;
  meters: readonly CensusMeter[];
}

/** The meters a fault of this kind at this meter involves; none when the meter cannot have it. */
function strike(kind: FaultKind, meter: CensusMeter, siblings: readonly CensusMeter[]): CensusMeter[] | undefined {
  switch (kind) {
    case 'rollover':
      return bookedPoint(meter)?.modulus === undefined ? undefined : [meter];
    case 'ct-misset':
      return meter.medium === 'electricity' ? [meter] : undefined;
    case 'leak':
      return meter.medium === 'water' ? [meter] : undefined;
    case 'ac-left-on':
      return meter.role === 'sub' && (meter.flow.parts.hvac ?? 0) > 0 ? [meter] : undefined;
    case 'swapped-children': {
      // Each pair of neighbours is drawn once, by its first meter.
      const place = meter.role === 'sub' ? siblings.indexOf(meter) : -1;
      const other = place >= 0 ? siblings[place + 1] : undefined;
      return other ? [meter, other] : undefined;
    }
    default:
      return [meter];
  }
}

function drawUnit(
  { seed, fromMs, days, intensity }: DrawOptions,
  kind: FaultKind,
  unit: string,
  meters: readonly CensusMeter[],
): Candidate[] {
  const spec: KindSpec = KINDS[kind];
  const key = hashText(`${seed}|fault|${kind}|${unit}`);
  const intervalMs = Math.max(...meters.map(({ intervalS }) => intervalS)) * SECOND;
  const found: Candidate[] = [];
  for (let day = 0; day < days; day += 1) {
    const draw = (what: number) => hashUnit(key, day * 8 + what);
    if (draw(0) >= spec.perDay * intensity) continue;
    // On the grid of the meter's readings, never on the very first one.
    const slot = 1 + Math.floor(draw(1) * (DAY / intervalMs - 1));
    const start = fromMs + day * DAY + slot * intervalMs;
    const magnitude = magnitudeOf(spec, draw(2));
    const [shortest, longest] = spec.lastsMs;
    // Short ones are more common than long ones.
    const lastsMs =
      longest === 0
        ? moments(magnitude, kind, intervalMs)
        : Math.max(1, Math.round((shortest * (longest / shortest) ** draw(3)) / intervalMs)) * intervalMs;
    const candidate = { kind, unit, meters, start, end: start + lastsMs, magnitude };
    found.push(
      spec.announcedShare === undefined
        ? candidate
        : { ...candidate, announced: draw(4) < spec.announcedShare && meters.every(isRecordable(kind, magnitude)) },
    );
  }
  return found;
}

/** A registry holds whole ratios: another one stands in nobody's records. */
const isRecordable =
  (kind: FaultKind, magnitude: number) =>
  (meter: CensusMeter): boolean =>
    kind !== 'ct-misset' || recordableCt(meter, magnitude) !== undefined;

function magnitudeOf({ magnitude }: KindSpec, at: number): number {
  if ('oneOf' in magnitude) return magnitude.oneOf[Math.floor(at * magnitude.oneOf.length)] ?? 1;
  return Number((magnitude.from + (magnitude.to - magnitude.from) * at).toFixed(3));
}

const rank = (kind: FaultKind): number => FAULT_KINDS.indexOf(kind);

/**
 * In order of start: a fault is left out when its meter still has, or just had, another of the same level. Outages of a
 * division go first, whatever one of its hundred gateways has; the gateways' faults stand aside for them.
 */
function keepApart(candidates: readonly Candidate[]): Candidate[] {
  const freeAt = new Map<string, number>();
  const outages = new Map<string, Candidate[]>();
  const isFree = ({ meters, start, end }: Candidate, level: string) => {
    const names = meters.map(({ code }) => `${level}|${code}`);
    if (names.some((name) => (freeAt.get(name) ?? 0) > start)) return false;
    for (const name of names) freeAt.set(name, end + QUIET_MS);
    return true;
  };
  const kept = new Set(candidates.filter((one) => KINDS[one.kind].at === 'division' && isFree(one, 'division')));
  for (const outage of kept) {
    for (const code of new Set(outage.meters.map(({ gatewayCode }) => gatewayCode))) {
      outages.set(code, [...(outages.get(code) ?? []), outage]);
    }
  }
  const meetsOutage = ({ unit, start, end }: Candidate) =>
    (outages.get(unit) ?? []).some((outage) => start < outage.end + QUIET_MS && end + QUIET_MS > outage.start);
  return candidates.filter((one) => {
    const { at } = KINDS[one.kind];
    if (at === 'division') return kept.has(one);
    return !(at === 'gateway' && meetsOutage(one)) && isFree(one, at);
  });
}
