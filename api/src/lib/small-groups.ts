import type { Db } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { asReader } from '../auth/claims.ts';
import { sessionOf } from '../auth/guard.ts';

/** A total over fewer institutions tells what a single one used (domain handbook §5: groups below three are suppressed). */
export const SMALLEST_GROUP = 3;

/** Institutions with the meters that stand in a total. */
type Totalled = ReadonlyMap<number, number>;

/**
 * How many institutions stand in a total of electricity of which the caller may not read each by itself. Those that he may read
 * do not count: he can take them off the total.
 */
export async function hiddenInstitutions(db: Db, request: FastifyRequest): Promise<number> {
  const { user } = sessionOf(request);
  const mayRead = user.permissions.includes('data.read');
  if (mayRead && user.cityWide.includes('data.read')) return 0;
  const totalled = await mainMeters(db);
  const readable: Totalled = mayRead ? await asReader(() => mainMeters(db)) : new Map();
  return new Set([...totalled].filter(([meter]) => !readable.has(meter)).map(([, institution]) => institution)).size;
}

/** Whether a total has to stay untold. With nobody hidden there is nothing to find out. */
export const isSmallGroup = (hidden: number): boolean => hidden > 0 && hidden < SMALLEST_GROUP;

async function mainMeters(db: Db): Promise<Totalled> {
  const { rows } = await db.query<{ id: number; institution_id: number }>(
    "select id, institution_id from registry.meter where role = 'main' and medium = 'electricity'",
  );
  return new Map(rows.map((row) => [row.id, row.institution_id]));
}
