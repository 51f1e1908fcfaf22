import type { Tx } from '@ganzhi/schemas/db';
import { wrongField } from '../errors/refuse.ts';
import { transferMeters } from './holdings.ts';
import type { RegisteredInstitution } from './institutions.ts';

export interface Part {
  institutionId: number;
  /** Main meters; their sub meters go with them. */
  meterIds: readonly number[];
}

interface Held {
  id: number;
  code: string;
}

/**
 * One reporting unit for each meter: nothing is left over, nothing is claimed twice, nothing foreign is taken.
 *
 * @throws Refusal `invalid-request` naming what is wrong
 */
export async function checkSplit(tx: Tx, { id }: RegisteredInstitution, parts: readonly Part[]): Promise<void> {
  const successors = parts.map(({ institutionId }) => institutionId);
  if (new Set(successors).size !== successors.length || successors.includes(id)) {
    throw wrongField('parts', {
      zh: '承接机构不能重复，也不能是被分立的机构。',
      en: 'Name each successor once, and not the body that ends.',
    });
  }
  const meters = await tx.query<Held>(
    `select m.id, m.code from registry.meter m where m.institution_id = $1
       and not exists (select from registry.meter p where p.id = m.parent_id and p.institution_id = $1)`,
    [id],
  );
  assertDivided(
    'meterIds',
    meters.rows,
    parts.map((part) => part.meterIds),
  );
}

function assertDivided(path: string, held: readonly Held[], claims: readonly (readonly number[])[]): void {
  const counts = new Map<number, number>();
  for (const claim of claims.flat()) counts.set(claim, (counts.get(claim) ?? 0) + 1);
  const known = new Set(held.map(({ id }) => id));
  const foreign = [...counts.keys()].filter((claim) => !known.has(claim));
  if (foreign.length > 0) {
    throw wrongField(`parts.${path}`, {
      zh: `编号 ${foreign.slice(0, 5).join('、')} 不属于被分立的机构（分表随总表移交，不必列出）。`,
      en: `Ids ${foreign.slice(0, 5).join(', ')} do not belong to the body that ends (sub meters go with their main meter).`,
    });
  }
  const twice = held.filter(({ id }) => (counts.get(id) ?? 0) > 1).map(({ code }) => code);
  const none = held.filter(({ id }) => !counts.has(id)).map(({ code }) => code);
  if (twice.length === 0 && none.length === 0) return;
  throw wrongField(`parts.${path}`, {
    zh: [
      twice.length > 0 ? `被多个机构主张：${twice.slice(0, 5).join('、')}。` : '',
      none.length > 0
        ? `尚未分配：${none.slice(0, 5).join('、')}${none.length > 5 ? ` 等 ${none.length} 项` : ''}。`
        : '',
    ].join(''),
    en: [
      twice.length > 0 ? `Claimed more than once: ${twice.slice(0, 5).join(', ')}.` : '',
      none.length > 0
        ? `Given to nobody: ${none.slice(0, 5).join(', ')}${none.length > 5 ? ` (${none.length} in all)` : ''}.`
        : '',
    ]
      .filter((text) => text !== '')
      .join(' '),
  });
}

/** Hands everything to the successors as `checkSplit` found it right. */
export async function applySplit(
  tx: Tx,
  { id: from }: RegisteredInstitution,
  parts: readonly Part[],
  doing: { day: string; changeId: number | null; at: number },
): Promise<void> {
  for (const { institutionId: to, meterIds } of parts) {
    const { rows } = await tx.query<{ id: number }>(
      `with recursive family(id) as (
         select unnest($1::int4[])
         union select m.id from registry.meter m join family f on m.parent_id = f.id where m.institution_id = $2)
       select id from family`,
      [meterIds, from],
    );
    await transferMeters(
      tx,
      rows.map(({ id }) => id),
      { from, to, ...doing },
    );
  }
  await tx.query(
    `update registry.gateway g set institution_id = m.institution_id
     from (select gateway_id, mode() within group (order by institution_id) as institution_id from registry.meter
       where gateway_id is not null group by gateway_id) m
     where g.institution_id = $1 and m.gateway_id = g.id`,
    [from],
  );
}
