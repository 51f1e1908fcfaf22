import type { Db, Tx } from '@ganzhi/schemas/db';

export interface PlacedMeter {
  id: number;
  code: string;
  medium: string;
  role: 'main' | 'sub';
  parentId: number | null;
}

export async function placedMeter(db: Db | Tx, id: number): Promise<PlacedMeter | undefined> {
  const { rows } = await db.query<PlacedMeter>(
    'select id, code, medium, role, parent_id as "parentId" from registry.meter where id = $1',
    [id],
  );
  return rows[0];
}

export interface FactRow {
  id: number;
  meterId: number;
  role: 'main' | 'sub';
  parentId: number | null;
  direction: 'in' | 'out';
  /** `-infinity`: from the beginning. */
  validFrom: string;
  sourceDocument: string;
  recordedAt: number;
  recordedBy: string;
}

/** Every record of a meter, superseded ones too, in the order of their days. */
export async function factsOf(db: Db | Tx, meterId: number): Promise<FactRow[]> {
  const { rows } = await db.query<FactRow>(
    `select f.id, f.meter_id as "meterId", f.role, f.parent_id as "parentId", f.direction, f.valid_from as "validFrom",
       f.source_document as "sourceDocument", f.recorded_at as "recordedAt", f.recorded_by as "recordedBy"
     from registry.meter_fact f where f.meter_id = $1 order by f.valid_from, f.recorded_at, f.id`,
    [meterId],
  );
  return rows;
}

/** One writer of the tree at a time: two halves of a cycle must not pass each other. */
export async function lockTree(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(72190425)');
}

/**
 * The codes from a parent up to a meter that stands above it on any day from `fromDay` on: a cycle, if the parent were
 * recorded. Undefined: none.
 */
export async function pathUpTo(
  tx: Tx,
  parentId: number,
  meterId: number,
  fromDay: string,
): Promise<string[] | undefined> {
  const { rows } = await tx.query<{ path: string[] }>(
    `with recursive edge as materialized (
       select id as child, parent_id as parent from registry.meter where not dated and parent_id is not null
       union
       select meter_id, parent_id from registry.meter_periods('infinity') where parent_id is not null and to_day > $3::date),
     up (id, path) as (
       select id, array[code] from registry.meter where id = $1
       union all
       select m.id, u.path || m.code from up u join edge e on e.child = u.id join registry.meter m on m.id = e.parent
       where u.id <> $2 and not m.code = any (u.path))
     select path from up where id = $2 limit 1`,
    [parentId, meterId, fromDay],
  );
  return rows[0]?.path;
}

/** Parents that a meter has on any day from `fromDay` on. */
export async function parentsFrom(tx: Tx, meterId: number, fromDay: string): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    `select parent_id as id from registry.meter where id = $1 and not dated and parent_id is not null
     union
     select parent_id from registry.meter_periods('infinity')
     where meter_id = $1 and parent_id is not null and to_day > $2::date`,
    [meterId, fromDay],
  );
  return rows.map(({ id }) => id);
}

export interface FactValues {
  role: 'main' | 'sub';
  parentId: number | null;
  direction: 'in' | 'out';
  validFrom: string;
  sourceDocument: string;
}

/** Triggers bring registry.meter in line and keep what it said before as the beginning. */
export async function insertFact(tx: Tx, meterId: number, fact: FactValues, by: string, at: number): Promise<void> {
  await tx.query(
    `insert into registry.meter_fact (meter_id, valid_from, role, parent_id, direction, source_document, recorded_at, recorded_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [meterId, fact.validFrom, fact.role, fact.parentId, fact.direction, fact.sourceDocument, new Date(at), by],
  );
  // a shared meter is shared out only while it is a main meter
  await tx.query('select energy.mark_from($1, $2)', [meterId, fact.validFrom]);
}
