import { between, normal, unit } from '../random.ts';
import { DIVISIONS, TYPES, type TypeCode, typeByCode } from './catalogue.ts';
import { namesFor } from './names.ts';

export interface CityInstitution {
  code: string;
  nameZh: string;
  nameEn: string;
  typeCode: TypeCode;
  divisionCode: string;
  areaM2: number;
  headcount: number;
  /** Electricity of a typical year, kWh: what the simulated load adds up to. */
  annualKwh: number;
}

const MEDIAN_M2 = 3_000;
/** Log-normal whose 95th percentile is 20,000 m². */
const SIGMA = Math.log(20_000 / MEDIAN_M2) / 1.6449;

/** All 1,960 institutions, `CZ-0001` to `CZ-1960`; the same seed makes the same city. */
export function makeInstitutions(seed: number): CityInstitution[] {
  const counts = countsByDivisionAndType();
  const bare = DIVISIONS.flatMap((division, d) =>
    TYPES.flatMap((type, t) =>
      namesFor(division.code, type.code, counts[d]?.[t] ?? 0).map((name) => ({ name, division, type })),
    ),
  );
  const areas = areasFor(
    seed,
    bare.map(({ type }) => type.code),
  );
  return bare.map(({ name, division, type }, index) => {
    const code = `CZ-${String(index + 1).padStart(4, '0')}`;
    const areaM2 = areas[index] ?? MEDIAN_M2;
    const [low, high] = type.kwhPerM2;
    return {
      code,
      nameZh: name.zh,
      nameEn: name.en,
      typeCode: type.code,
      divisionCode: division.code,
      areaM2,
      headcount: Math.max(3, Math.round((areaM2 / type.m2PerPerson) * between(0.75, 1.25, unit(seed, code, 'heads')))),
      annualKwh: Math.round(areaM2 * between(low, high, unit(seed, code, 'intensity'))),
    };
  });
}

/**
 * Areas drawn from one distribution; the biggest go to universities, or a college of 400 m² would stand beside a clinic
 * of 60,000 m². The distribution over the city stays what it is.
 */
function areasFor(seed: number, types: readonly TypeCode[]): number[] {
  const areas = types.map((_, i) =>
    Math.round(Math.min(Math.max(MEDIAN_M2 * Math.exp(SIGMA * normal(seed, 'area', String(i))), 150), 180_000)),
  );
  const byArea = areas.map((_, i) => i).sort((a, b) => (areas[b] ?? 0) - (areas[a] ?? 0));
  const universities = types.flatMap((type, i) => (type === 'university' ? [i] : []));
  universities.forEach((index, rank) => {
    const big = byArea[rank * 2] ?? index;
    [areas[index], areas[big]] = [areas[big] ?? 0, areas[index] ?? 0];
  });
  return areas;
}

/** Largest remainders under both margins: rows add up to the divisions' numbers, columns to the types'. */
function countsByDivisionAndType(): number[][] {
  const all = DIVISIONS.reduce((sum, { institutions }) => sum + institutions, 0);
  const share = (d: number, t: number) => ((DIVISIONS[d]?.institutions ?? 0) * (TYPES[t]?.institutions ?? 0)) / all;
  const counts = DIVISIONS.map((_, d) => TYPES.map((__, t) => Math.floor(share(d, t))));
  const rowRoom = DIVISIONS.map(({ institutions }, d) => institutions - sum(counts[d] ?? []));
  const columnRoom = TYPES.map(({ institutions }, t) => institutions - sum(counts.map((row) => row[t] ?? 0)));
  const cells = DIVISIONS.flatMap((_, d) => TYPES.map((__, t) => ({ d, t, rest: share(d, t) % 1 })));
  cells.sort((a, b) => b.rest - a.rest || a.d - b.d || a.t - b.t);
  // One pass by remainder, then more passes for what the margins left over.
  while (sum(rowRoom) > 0) {
    for (const { d, t } of cells) {
      const row = counts[d];
      if (!row || (rowRoom[d] ?? 0) === 0 || (columnRoom[t] ?? 0) === 0) continue;
      row[t] = (row[t] ?? 0) + 1;
      rowRoom[d] = (rowRoom[d] ?? 0) - 1;
      columnRoom[t] = (columnRoom[t] ?? 0) - 1;
    }
  }
  return counts;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Electricity figure of a type, kWh/(m²·a): the middle of its range. */
export function typicalKwhPerM2(type: TypeCode): number {
  const [low, high] = typeByCode(type).kwhPerM2;
  return (low + high) / 2;
}
