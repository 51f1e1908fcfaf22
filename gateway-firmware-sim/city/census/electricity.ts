import { templateById } from '../../firmware/index.ts';
import type { CityInstitution } from '../population/institutions.ts';
import { type CityMeter, ctFor, metersOf } from '../population/metering.ts';
import { unit } from '../random.ts';
import type { CensusMeter } from './meter.ts';

/** Circuits alternate between what is common in switchboards; the DL/T 645 meters are those whose registers roll over. */
const CIRCUIT_MODELS = [
  'generic-dlt645-three-phase',
  'eastron-sdm630',
  'generic-dlt645-three-phase',
  'acrel-dtsd1352',
  'schneider-iem3000',
] as const;

/** Share of an item that its circuits see together; the rest is what nobody metered. */
const METERED_SHARE = 0.95;

/**
 * Electricity meters of a site: those of the demonstration city with the same codes, cut short for a small site, and
 * circuits below its item meters until there are `wanted`.
 *
 * @param keepAll the demonstration's sites are never cut
 */
export function electricityOf(
  site: CityInstitution,
  index: number,
  seed: number,
  wanted: number,
  keepAll: boolean,
): CensusMeter[] {
  const base = metersOf(site, index, seed);
  if (wanted < base.length && !keepAll) return base.slice(0, Math.max(1, wanted)).map(fromDemonstration);
  const items = base.filter(({ role }) => role === 'sub');
  const circuits = spread(wanted - base.length, items.length);
  let number = base.length;
  return [
    ...base.map(fromDemonstration),
    ...items.flatMap((item, i) => {
      const first = number + 1;
      number += circuits[i] ?? 0;
      return circuitsOf(item, circuits[i] ?? 0, first, seed);
    }),
  ];
}

const fromDemonstration = ({ load, ...meter }: CityMeter): CensusMeter => ({
  ...meter,
  medium: 'electricity',
  flow: {
    institutionCode: load.institutionCode,
    typeCode: load.typeCode,
    annual: load.annualKwh,
    parts: load.parts,
  },
});

/** As even as can be; a single circuit would only repeat its item's meter, so the first items go first in pairs. */
function spread(count: number, over: number): number[] {
  const shares = Array.from({ length: over }, () => 0);
  if (count < 2) return shares;
  const used = Math.min(over, Math.floor(count / 2));
  for (let i = 0; i < count; i += 1) shares[i % used] = (shares[i % used] ?? 0) + 1;
  return shares;
}

function circuitsOf(item: CityMeter, count: number, first: number, seed: number): CensusMeter[] {
  const weights = Array.from({ length: count }, (_, i) => 0.6 + 0.8 * unit(seed, item.code, 'circuit', String(i)));
  const total = weights.reduce((sum, weight) => sum + weight, 0) / METERED_SHARE;
  return weights.map((weight, i) => {
    const template = CIRCUIT_MODELS[(first + i) % CIRCUIT_MODELS.length] ?? CIRCUIT_MODELS[0];
    const parts = Object.fromEntries(
      Object.entries(item.load.parts).map(([part, share]) => [part, (share * weight) / total]),
    );
    return {
      code: `${item.institutionCode}-E${String(first + i).padStart(2, '0')}`,
      institutionCode: item.institutionCode,
      gatewayCode: item.gatewayCode,
      nameZh: `${item.nameZh}·${i + 1}号回路`,
      nameEn: `${item.nameEn}, circuit ${i + 1}`,
      role: 'sub',
      parentCode: item.code,
      // Items add up over the meters that carry their code: a circuit is part of one that is counted already.
      itemCode: null,
      template,
      ct: templateById(template).ratioInMeter ? 1 : ctFor({ ...item.load, parts }),
      pt: 1,
      intervalS: item.intervalS,
      medium: 'electricity',
      flow: {
        institutionCode: item.institutionCode,
        typeCode: item.load.typeCode,
        annual: item.load.annualKwh,
        parts,
      },
    };
  });
}
