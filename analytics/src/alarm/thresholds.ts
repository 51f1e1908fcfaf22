import type { Db } from '@ganzhi/schemas/db';
import type { ThresholdRow } from '../rules/detect/thresholds.ts';

/** Thresholds that people set, all of them: there are few. */
export async function readThresholds(db: Db): Promise<ThresholdRow[]> {
  const { rows } = await db.query<Omit<ThresholdRow, 'value'> & { value: string }>(
    `select detector, name, type_code as "typeCode", value, valid_from as "validFrom", recorded_at as "recordedAt"
     from alarm.threshold`,
  );
  return rows.map((row) => ({ ...row, value: Number(row.value) }));
}
