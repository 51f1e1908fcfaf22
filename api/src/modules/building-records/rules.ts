import { Refusal, wrongField } from '../../errors/refuse.ts';

/** Hundredths of a square metre, exact. */
function hundredths(area: string): bigint {
  const [whole = '0', part = ''] = area.split('.');
  return BigInt(whole) * 100n + BigInt(part.padEnd(2, '0'));
}

const areaSum = (areas: readonly string[]): bigint => areas.reduce((sum, area) => sum + hundredths(area), 0n);

const squareMetres = (sum: bigint): string => `${sum / 100n}.${String(sum % 100n).padStart(2, '0')}`;

/**
 * Zones are parts of their building (handbook M02, area sums): together they are no larger.
 *
 * @param building area of the building, square metres; null: not known, nothing to compare with
 * @throws Refusal `invalid-request` naming both areas
 */
export function assertZonesFit(building: string | null, zones: readonly string[]): void {
  if (building === null) return;
  const sum = areaSum(zones);
  if (sum <= hundredths(building)) return;
  throw wrongField('areaM2', {
    zh: `各分区面积合计 ${squareMetres(sum)} m²，超过建筑面积 ${building} m²，请核对。`,
    en: `The zones add up to ${squareMetres(sum)} m², more than the building's ${building} m². Check the areas.`,
  });
}

/** Square metres as decimals; null: not known. */
interface Areas {
  areaM2: string | null;
  heatedM2: string | null;
  cooledM2: string | null;
}

/** @throws Refusal `invalid-request`: what is heated or cooled is a part of the building */
export function assertConditioned({ areaM2: area, heatedM2, cooledM2 }: Areas): void {
  if (area === null) return;
  for (const [field, part] of Object.entries({ heatedM2, cooledM2 })) {
    if (part === null || hundredths(part) <= hundredths(area)) continue;
    throw wrongField(field, {
      zh: `${part} m² 超过建筑面积 ${area} m²。`,
      en: `${part} m² is more than the building's ${area} m².`,
    });
  }
}

export const buildingTaken = (code: string): Refusal => taken(code, '建筑', 'building');
export const zoneTaken = (code: string): Refusal => taken(code, '分区', 'zone');

const taken = (code: string, zh: string, en: string): Refusal =>
  new Refusal(
    'conflict',
    { zh: `${zh}编码 ${code} 已被使用，请换一个编码。`, en: `There is a ${en} ${code} already; choose another code.` },
    { fields: [{ path: 'code', code: 'taken', message: code }] },
  );

export const buildingRetired = (on: string): Refusal =>
  new Refusal('conflict', {
    zh: `该建筑已于 ${on} 停用，只保留历史，不能再修改。`,
    en: `The building was given up on ${on}; its history is kept and it changes no more.`,
  });

export const metersStand = (codes: readonly string[]): Refusal =>
  new Refusal('conflict', {
    zh: `表计 ${codes.slice(0, 10).join('、')} 仍在该建筑内使用，请先停用或改设位置。`,
    en: `Meters in use stand in it (${codes.slice(0, 10).join(', ')}); retire or move them first.`,
  });
