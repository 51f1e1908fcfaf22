import type { TypeCode } from '../population/catalogue.ts';
import type { CityInstitution } from '../population/institutions.ts';
import { between, unit } from '../random.ts';
import type { CensusMeter, FlowPart } from './meter.ts';
import type { MeteredMedium } from './models.ts';

/** Litres per person and day (domain.md §3.7); a hospital's beds are counted with its staff. */
const LITRES_PER_PERSON_DAY: Partial<Record<TypeCode, readonly [number, number]>> = {
  school: [25, 40],
  university: [60, 110],
  hospital: [150, 260],
};
const LITRES_ELSEWHERE = [35, 60] as const;
/** Canteen: m³ of gas per meal, meals per person and day, days a year. */
const GAS_PER_MEAL_M3 = [0.1, 0.2] as const;
const MEALS_PER_PERSON = 0.6;
const CANTEEN_DAYS = 250;
/** District heat or steam of a heated area, GJ/(m²·a). */
const HEAT_PER_M2_GJ = [0.12, 0.25] as const;
const CANTEEN_FROM_M2 = 2_500;
const HEATED_FROM_M2 = 12_000;
const WATER_INTERVAL_S = 900;
const HOURLY_S = 3_600;
/** Share of a main water meter that its branch meters see together. */
const BRANCHED_SHARE = 0.9;

interface Kind {
  medium: MeteredMedium;
  letter: string;
  zh: string;
  en: string;
  template: string;
  intervalS: number;
  part: FlowPart;
}

const WATER: Kind = {
  medium: 'water',
  letter: 'W',
  zh: '总水表',
  en: 'Water main',
  template: 'generic-cjt188-water',
  intervalS: WATER_INTERVAL_S,
  part: 'water',
};
const GAS: Kind = {
  medium: 'gas',
  letter: 'G',
  zh: '食堂燃气表',
  en: 'Canteen gas',
  template: 'generic-cjt188-gas',
  intervalS: HOURLY_S,
  part: 'gas',
};
const HEAT: Kind = {
  medium: 'heat',
  letter: 'H',
  zh: '总热量表',
  en: 'Heat main',
  template: 'generic-cjt188-heat',
  intervalS: HOURLY_S,
  part: 'heat',
};

/** Water for everybody, gas where there is a canteen, heat for big sites, and water branches for the biggest. */
export function otherMediaOf(site: CityInstitution, seed: number, branches: number): CensusMeter[] {
  const draw = (name: string, [low, high]: readonly [number, number]) =>
    between(low, high, unit(seed, site.code, name));
  const litres = draw('litres', LITRES_PER_PERSON_DAY[site.typeCode] ?? LITRES_ELSEWHERE);
  const water = (site.headcount * litres * 365) / 1_000;
  const meters = [meter(site, WATER, 1, water, 1, null)];
  const main = meters[0]?.code ?? null;
  const weights = Array.from({ length: branches }, (_, i) => 0.5 + unit(seed, site.code, 'branch', String(i)));
  const total = weights.reduce((sum, weight) => sum + weight, 0) / BRANCHED_SHARE;
  weights.forEach((weight, i) => {
    const branch = { ...WATER, zh: `${i + 1}号楼水表`, en: `Water, building ${i + 1}` };
    meters.push(meter(site, branch, i + 2, water, weight / total, main));
  });
  const canteen = site.areaM2 >= CANTEEN_FROM_M2 && site.typeCode !== 'library' && site.typeCode !== 'association';
  if (canteen) {
    const gas = site.headcount * MEALS_PER_PERSON * CANTEEN_DAYS * draw('gas', GAS_PER_MEAL_M3);
    meters.push(meter(site, GAS, 1, gas, 1, null));
  }
  if (site.areaM2 >= HEATED_FROM_M2 && site.typeCode !== 'school') {
    meters.push(meter(site, HEAT, 1, site.areaM2 * draw('heat', HEAT_PER_M2_GJ), 1, null));
  }
  return meters;
}

function meter(
  site: CityInstitution,
  kind: Kind,
  number: number,
  annual: number,
  share: number,
  parentCode: string | null,
): CensusMeter {
  return {
    code: `${site.code}-${kind.letter}${String(number).padStart(2, '0')}`,
    institutionCode: site.code,
    gatewayCode: `GW-${site.code}`,
    nameZh: kind.zh,
    nameEn: kind.en,
    role: parentCode === null ? 'main' : 'sub',
    parentCode,
    itemCode: null,
    template: kind.template,
    ct: 1,
    pt: 1,
    intervalS: kind.intervalS,
    medium: kind.medium,
    flow: { institutionCode: site.code, typeCode: site.typeCode, annual, parts: { [kind.part]: share } },
  };
}
