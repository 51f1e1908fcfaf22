import { parameterOf, THRESHOLDS } from '@ganzhi/analytics/rules';
import { shanghaiText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { wrongField } from '../../errors/refuse.ts';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { AlarmThreshold, NewAlarmThreshold } from './schema.ts';

type Threshold = z.infer<typeof NewAlarmThreshold>;

/** All parameters that a person may set. */
export const parameters = () =>
  Object.entries(THRESHOLDS).flatMap(([detector, table]) =>
    Object.keys(table).flatMap((name) => {
      const parameter = parameterOf(detector, name);
      return parameter ? [{ detector, name, ...parameter, byType: { ...parameter.byType } }] : [];
    }),
  );

/**
 * The unit of a parameter whose value is plausible.
 *
 * @throws Refusal `invalid-request` for an unknown name, or a value outside its two limits
 */
export function unitOfPlausible({ detector, name, value }: Threshold): string {
  const parameter = parameterOf(detector, name);
  if (!parameter) {
    const names = parameters()
      .map((one) => `${one.detector}.${one.name}`)
      .join(', ');
    throw wrongField('name', { zh: `可设的阈值为：${names}。`, en: `The thresholds are: ${names}.` });
  }
  if (value >= parameter.least && value <= parameter.most) return parameter.unit;
  throw wrongField('value', {
    zh: `${detector}.${name} 应在 ${parameter.least} 与 ${parameter.most} 之间（${parameter.unit}）。`,
    en: `${detector}.${name} lies between ${parameter.least} and ${parameter.most} (${parameter.unit}).`,
  });
}

type Row = Omit<z.infer<typeof AlarmThreshold>, 'recordedAt' | 'value'> & {
  value: string;
  recordedAt: number;
  recordedText: string;
  key: string;
};
const COLUMNS = `detector, name, type_code as "typeCode", value, unit, valid_from as "validFrom", source_document as "sourceDocument",
  recorded_at as "recordedAt", recorded_by as "recordedBy"`;

const thresholdOf = ({ recordedAt, value, recordedText: _, key: __, ...row }: Row): z.infer<typeof AlarmThreshold> => ({
  ...row,
  value: Number(value),
  recordedAt: shanghaiText(recordedAt),
});

/** Latest recorded first. */
export async function listThresholds(
  db: Db,
  { detector, limit, cursor }: { detector?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const before = decodeCursor('recorded', cursor, { value: 'timestamptz', id: 'text' });
  const { rows } = await db.query<Row>(
    `select * from (
       select ${COLUMNS}, recorded_at::text as "recordedText",
         concat_ws('/', detector, name, type_code, valid_from) as key from alarm.threshold
       where ($1::text is null or detector = $1)) t
     where $2::timestamptz is null or ("recordedAt", key) < ($2::timestamptz, $3::text)
     order by "recordedAt" desc, key desc limit $4`,
    [detector ?? null, before?.value ?? null, before?.id ?? null, limit + 1],
  );
  const page = cut(rows, limit, 'recorded', (row) => ({ value: row.recordedText, id: row.key }));
  return { items: page.rows.map(thresholdOf), nextCursor: page.nextCursor };
}

export async function insertThreshold(
  tx: Tx,
  row: Threshold & { unit: string },
  by: string,
  at: number,
): Promise<z.infer<typeof AlarmThreshold>> {
  await tx.query(
    `insert into alarm.threshold (detector, name, type_code, value, unit, valid_from, source_document, recorded_at, recorded_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [row.detector, row.name, row.typeCode, row.value, row.unit, row.validFrom, row.sourceDocument, new Date(at), by],
  );
  return { ...row, recordedAt: shanghaiText(at), recordedBy: by };
}

export async function typeExists(tx: Tx, code: string): Promise<boolean> {
  const { rows } = await tx.query('select from registry.institution_type where code = $1', [code]);
  return rows.length > 0;
}
