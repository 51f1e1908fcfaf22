import { templateById } from '../../firmware/index.ts';
import { between, unit } from '../random.ts';
import { DIVISIONS, TYPE_CODES, type TypeCode } from './catalogue.ts';
import type { CityInstitution } from './institutions.ts';

/** Parts of an institution's electricity: the four items of the monitoring guide and what nobody metered. */
export const PARTS = ['lighting', 'hvac', 'power', 'special', 'other'] as const;
export type Part = (typeof PARTS)[number];

/** What the simulated meter sees: shares of the institution's year, by part. */
export interface MeterLoad {
  institutionCode: string;
  typeCode: TypeCode;
  annualKwh: number;
  parts: Readonly<Partial<Record<Part, number>>>;
}

export interface CityMeter {
  code: string;
  institutionCode: string;
  gatewayCode: string;
  nameZh: string;
  nameEn: string;
  role: 'main' | 'sub';
  parentCode: string | null;
  /** Item of the monitoring guide: A lighting and sockets, B air conditioning, C power, D special; null for a main meter. */
  itemCode: string | null;
  template: string;
  ct: number;
  pt: number;
  intervalS: number;
  load: MeterLoad;
}

export interface CityGateway {
  code: string;
  institutionCode: string;
  nameZh: string;
  nameEn: string;
  simulatedTime: boolean;
}

/** How often the server expects a value; gateways poll more often than that. */
const EXPECTED_INTERVAL_S = 900;
/** Primary current of common transformers with 5 A secondary, as ratios. */
const CT_RATIOS = [10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 160, 200, 300, 400, 600];
const SUB_TEMPLATES = ['eastron-sdm630', 'schneider-iem3000', 'acrel-dtsd1352'] as const;
/** Bigger sites first look good on a screen; smaller ones have one meter in reality. */
const LIKELY_AREA_M2 = [1_500, 60_000] as const;

/**
 * The sites that are metered live: divisions in turn, types in turn, so that any number of them shows the whole city.
 */
export function pickSites(institutions: readonly CityInstitution[], sites: number): CityInstitution[] {
  const [smallest, biggest] = LIKELY_AREA_M2;
  const rest = new Set(institutions);
  const picked: CityInstitution[] = [];
  for (let i = 0; picked.length < Math.min(sites, institutions.length); i += 1) {
    const division = DIVISIONS[i % DIVISIONS.length]?.code;
    // The step of the type differs from the division's, so that all pairs come up.
    const type = TYPE_CODES[(i + Math.floor(i / DIVISIONS.length)) % TYPE_CODES.length];
    const here = [...rest].filter(({ divisionCode }) => divisionCode === division);
    const likely = here.filter(({ areaM2 }) => areaM2 >= smallest && areaM2 <= biggest);
    const choice = likely.find(({ typeCode }) => typeCode === type) ?? likely[0] ?? here[0];
    if (!choice) continue;
    rest.delete(choice);
    picked.push(choice);
  }
  return picked;
}

/** One gateway per site. */
export const gatewayOf = (site: CityInstitution): CityGateway => ({
  code: `GW-${site.code}`,
  institutionCode: site.code,
  nameZh: `${site.nameZh}能耗网关`,
  nameEn: `Energy gateway of ${site.nameEn}`,
  simulatedTime: false,
});

/** Four to seven electricity meters of a site; the second site has two main meters, two sites of twelve an OPC UA meter. */
export function metersOf(site: CityInstitution, index: number, seed: number): CityMeter[] {
  const shares = partShares(site, seed);
  const twoMains = index === 1;
  const opcUa = index % 12 === 2 || index % 12 === 5;
  const meters: CityMeter[] = [];
  const add = (
    meter: Pick<CityMeter, 'nameZh' | 'nameEn' | 'role' | 'parentCode' | 'itemCode' | 'template'>,
    parts: MeterLoad['parts'],
  ) => {
    const number = String(meters.length + 1).padStart(2, '0');
    const code = `${site.code}-E${number}`;
    const load = { institutionCode: site.code, typeCode: site.typeCode, annualKwh: site.annualKwh, parts };
    const ratio = templateById(meter.template).ratioInMeter ? 1 : ctFor(load);
    meters.push({
      ...meter,
      code,
      institutionCode: site.code,
      gatewayCode: `GW-${site.code}`,
      ct: ratio,
      pt: 1,
      intervalS: EXPECTED_INTERVAL_S,
      load,
    });
    return code;
  };
  const addMain = (nameZh: string, nameEn: string, parts: MeterLoad['parts']) =>
    add(
      {
        nameZh,
        nameEn,
        role: 'main',
        parentCode: null,
        itemCode: null,
        template: index % 4 === 3 ? 'schneider-iem3000' : 'acrel-dtsd1352',
      },
      parts,
    );
  const { other, ...items } = shares;
  const main = twoMains
    ? addMain('1号总进线', 'Main feeder 1', { lighting: items.lighting, hvac: items.hvac, other: other / 2 })
    : addMain('总进线', 'Main feeder', shares);
  const second = twoMains
    ? addMain('2号总进线', 'Main feeder 2', { power: items.power, special: items.special, other: other / 2 })
    : main;

  const addSub = (
    nameZh: string,
    nameEn: string,
    itemCode: string,
    parentCode: string,
    parts: MeterLoad['parts'],
    template?: string,
  ) =>
    add(
      {
        nameZh,
        nameEn,
        role: 'sub',
        parentCode,
        itemCode,
        template: template ?? SUB_TEMPLATES[(index + meters.length) % 3] ?? SUB_TEMPLATES[0],
      },
      parts,
    );
  const big = site.areaM2 > 12_000;
  if (big) {
    addSub('照明插座（东区）', 'Lighting and sockets, east', 'A', main, { lighting: items.lighting * 0.55 });
    addSub('照明插座（西区）', 'Lighting and sockets, west', 'A', main, { lighting: items.lighting * 0.45 });
  } else {
    addSub('照明插座', 'Lighting and sockets', 'A', main, { lighting: items.lighting });
  }
  addSub('空调', 'Air conditioning', 'B', main, { hvac: items.hvac });
  addSub('动力', 'Lifts and pumps', 'C', second, { power: items.power });
  if (opcUa) addSub('信息机房', 'Data room', 'D', second, { special: items.special }, 'opcfoundation-ecm');
  else if (big || twoMains || index % 2 === 0)
    addSub('特殊用电', 'Special use', 'D', second, { special: items.special });
  return meters;
}

/** Lighting and sockets 35–45 %, HVAC 35–45 %, power 8–12 %, special 8–12 %; 2–6 % that no sub-meter sees. */
function partShares({ code }: CityInstitution, seed: number): Record<Part, number> {
  const draw = (part: Part, low: number, high: number) => between(low, high, unit(seed, code, 'share', part));
  const raw = {
    lighting: draw('lighting', 0.35, 0.45),
    hvac: draw('hvac', 0.35, 0.45),
    power: draw('power', 0.08, 0.12),
    special: draw('special', 0.08, 0.12),
    other: draw('other', 0.02, 0.06),
  };
  const total = Object.values(raw).reduce((sum, share) => sum + share, 0);
  for (const part of PARTS) raw[part] /= total;
  return raw;
}

/** The transformer an engineer would choose: the peak (four times the mean) at 70 % of its rating. */
export function ctFor({ annualKwh, parts }: MeterLoad): number {
  const meanKw = (annualKwh * Object.values(parts).reduce((sum, share) => sum + share, 0)) / 8_760;
  const peakA = (meanKw * 4 * 1_000) / (3 * 220 * 0.95);
  return CT_RATIOS.find((ratio) => ratio * 5 * 0.7 >= peakA) ?? 600;
}
