import { type FieldError, quantityByCode } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { gatewayById, lockPoints, type TagInput, tagsOfPoints } from './sql.ts';

/** A tag as the request has it: the quantity by its code. */
interface Wanted {
  device: string;
  tag: string;
  meterId: number | null;
  point: string | null;
  powerOfTen: number;
}

/** The gateway of a request. @throws Refusal `not-found` for one that is not in scope, `invalid-request` if it speaks no dialect */
export async function foreignGateway(tx: Tx, id: number): Promise<{ id: number; code: string }> {
  const gateway = await gatewayById(tx, id);
  if (!gateway) throw notFound();
  if (gateway.dialect === 'native') {
    throw wrongField('gatewayId', {
      zh: '此网关使用本系统协议，无需标签映射。',
      en: 'This gateway speaks the native protocol and needs no mapping.',
    });
  }
  return gateway;
}

/**
 * Tags with their targets checked: the point exists, its meter is behind this gateway, and no other tag feeds it. The points
 * stay held until the transaction ends.
 *
 * @param replaced ids of tags whose targets are about to change: what they feed now is free
 * @throws Refusal that names each field that is wrong, with its index in a list
 */
export async function checkedTags(
  tx: Tx,
  gatewayId: number,
  wanted: readonly Wanted[],
  replaced: ReadonlySet<number>,
  pathOf: (index: number, field: string) => string,
): Promise<TagInput[]> {
  const tags = wanted.map((one) => ({
    ...one,
    point: one.point === null ? null : (quantityByCode(one.point)?.id ?? 0),
  }));
  const targets = tags.flatMap(({ meterId, point }) =>
    meterId === null || point === null ? [] : [{ meterId, point }],
  );
  const known = new Map((await lockPoints(tx, targets)).map((row) => [keyOf(row.meter_id, row.point), row.gateway_id]));
  const fed = new Map(
    (await tagsOfPoints(tx, targets))
      .filter(({ id }) => !replaced.has(id))
      .map((row) => [keyOf(row.meter_id, row.point), row.id]),
  );
  const faults: FieldError[] = [];
  const taken = new Set<string>();
  const names = new Set<string>();
  for (const [i, { device, tag, meterId, point }] of tags.entries()) {
    const fault = (field: string, message: string): void => {
      faults.push({ path: pathOf(i, field), code: 'invalid', message });
    };
    if (names.has(`${device}\n${tag}`)) fault('tag', 'stands twice in the list');
    names.add(`${device}\n${tag}`);
    if (meterId === null || point === null) continue;
    const key = keyOf(meterId, point);
    if (!known.has(key)) fault('point', 'the meter has no such point');
    else if (known.get(key) !== gatewayId) fault('meterId', 'the meter is not behind this gateway');
    else if (fed.has(key)) fault('point', `another tag feeds this point: mapping ${fed.get(key)}`);
    else if (taken.has(key)) fault('point', 'another tag of the list feeds this point');
    taken.add(key);
  }
  if (faults.length === 0) return tags;
  const text = {
    zh: '映射目标有误：采集点须存在、属于此网关的表计，且未被其他标签占用。',
    en: 'A target is wrong: the point must exist, its meter be behind this gateway, and no other tag feed it.',
  };
  throw new Refusal('invalid-request', text, { fields: faults.slice(0, 100) });
}

const keyOf = (meterId: number, point: number): string => `${meterId}/${point}`;
