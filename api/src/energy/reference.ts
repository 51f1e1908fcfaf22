import { type Carrier, type FactorVersion, rational, type VariantBases } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';

/** Reference data as the rules want it. Small tables: read whole. */
export interface Reference {
  carriers: readonly (Carrier & { nameZh: string; nameEn: string; medium: string | null })[];
  versions: readonly FactorVersion[];
  bases: VariantBases;
  /** Codes by kind, for checks of input. */
  variants: readonly { kind: 'coefficient' | 'emission'; code: string; nameZh: string; nameEn: string }[];
}

export async function readReference(db: Db | Tx): Promise<Reference> {
  const carriers = await db.query<Reference['carriers'][number]>(
    `select code, name_zh as "nameZh", name_en as "nameEn", unit, medium, converted, emits
     from energy.carrier order by sort_order`,
  );
  const factors = await db.query<Omit<FactorVersion, 'value'> & { value: string }>(
    `select id, kind, carrier, variant, value, valid_from as "validFrom", recorded_at as "recordedAt" from energy.factor`,
  );
  const variants = await db.query<Reference['variants'][number] & { base: string | null }>(
    'select kind, code, base_code as base, name_zh as "nameZh", name_en as "nameEn" from energy.factor_variant order by kind, code',
  );
  return {
    carriers: carriers.rows,
    versions: factors.rows.map((row) => ({ ...row, value: rational.decimal(row.value) })),
    bases: new Map(variants.rows.map(({ code, base }) => [code, base])),
    variants: variants.rows,
  };
}
