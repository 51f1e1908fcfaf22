import { isPlausible, rational } from '@ganzhi/analytics/rules';
import { shanghaiText } from '@ganzhi/schemas';
import type { Reference } from '../../energy/reference.ts';
import { Refusal, wrongField } from '../../errors/refuse.ts';
import type { BaseFactRow, FactorRow, FactorValues } from './sql.ts';

/**
 * Refuses a factor of an unknown carrier, set or region, and one outside its band.
 *
 * @throws Refusal `invalid-request` with the field, the reason and what to do
 */
export function checkFactor(
  factor: FactorValues,
  { carriers, variants }: Reference,
  band: { low: string; high: string; source_document: string } | undefined,
): void {
  if (!carriers.some(({ code }) => code === factor.carrier)) {
    const codes = carriers.map(({ code }) => code).join(', ');
    throw wrongField('carrier', { zh: `没有此能源品种，可用：${codes}。`, en: `Unknown carrier; known are ${codes}.` });
  }
  const kind = factor.kind === 'emission' ? 'emission' : 'coefficient';
  const known = variants.filter((one) => one.kind === kind).map(({ code }) => code);
  if (!known.includes(factor.variant)) {
    const codes = known.join(', ');
    throw wrongField('variant', { zh: `没有此口径，可用：${codes}。`, en: `Unknown variant; known are ${codes}.` });
  }
  const value = rational.decimal(factor.value);
  if (rational.isZero(value)) {
    throw wrongField('value', { zh: '系数必须大于 0。', en: 'A factor must be above 0.' });
  }
  if (!band) return;
  const { low, high, source_document: source } = band;
  if (isPlausible(value, { low: rational.decimal(low), high: rational.decimal(high), sourceDocument: source })) return;
  throw wrongField('value', {
    zh: `${factor.value} 超出合理区间 ${low}～${high}（${source}）。请核对单位（kgce、kgCO2 与吨的换算）后重填。`,
    en: `${factor.value} lies outside ${low} to ${high} (${source}). Check the unit (kilograms against tonnes) and enter it again.`,
  });
}

export const factorOf = (row: FactorRow) => ({
  id: row.id,
  kind: row.kind,
  carrier: row.carrier,
  variant: row.variant,
  value: row.value,
  unit: row.unit,
  validFrom: row.valid_from,
  sourceDocument: row.source_document,
  recordedAt: shanghaiText(row.recorded_at),
  recordedBy: row.recorded_by,
});

export const baseFactOf = (row: BaseFactRow) => ({
  id: row.id,
  institutionId: row.institution_id,
  kind: row.kind,
  value: row.value,
  validFrom: row.valid_from,
  sourceDocument: row.source_document,
  recordedAt: shanghaiText(row.recorded_at),
  recordedBy: row.recorded_by,
});

export const overlapRefusal = (): Refusal =>
  new Refusal('conflict', {
    zh: '同一用途的时段重叠，请先确认已有记录的起止日期。',
    en: 'The meter already has this purpose in that span; look at the dates on file.',
  });
