import type { Tx } from '@ganzhi/schemas/db';
import { readReference } from '../../energy/reference.ts';
import { wrongField } from '../../errors/refuse.ts';

/** @throws Refusal `invalid-request` */
export async function checkCarrier(tx: Tx, carrier: string): Promise<void> {
  const codes = (await readReference(tx)).carriers.map(({ code }) => code);
  if (codes.includes(carrier)) return;
  const list = codes.join(', ');
  throw wrongField('carrier', { zh: `没有此能源品种，可用：${list}。`, en: `Unknown carrier; known are ${list}.` });
}
