import { shanghaiText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { RunPage } from './schema.ts';

type RunAnswer = z.infer<typeof RunPage>['items'][number];

interface RunRow {
  id: number;
  startedAt: number;
  finishedAt: number;
  meters: number;
  pendingMarks: number;
  differences: number;
  toldAt: number | null;
  examples: RunAnswer['examples'];
}

/** Proofs, latest first. Their numbers tell of the whole service; examples of meters that are seen. */
export async function listRuns(db: Db, page: { limit: number; cursor?: string | undefined }) {
  const before = decodeCursor('id', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<RunRow>(
    `select r.id, r.started_at as "startedAt", r.finished_at as "finishedAt", r.meters, r.pending_marks as "pendingMarks",
       r.differences, r.told_at as "toldAt",
       (select coalesce(jsonb_agg(e.example order by e.n), '[]') from jsonb_array_elements(r.examples) with ordinality e(example, n)
         where exists (select from registry.meter m where m.code = e.example ->> 'meterCode')) as examples
     from ledger.conservation_run r where ($1::int4 is null or r.id < $1) order by r.id desc limit $2`,
    [before?.id ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

export const runOf = ({ startedAt, finishedAt, toldAt, ...row }: RunRow): RunAnswer => ({
  ...row,
  startedAt: shanghaiText(startedAt),
  finishedAt: shanghaiText(finishedAt),
  toldAt: instantOrNull(toldAt),
});
