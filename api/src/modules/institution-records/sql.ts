import { shanghaiText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { MEMBER_STATES, STATES } from '../../registry/life-cycle.ts';
import type { InstitutionRecord, ListRecords, RecordDetail } from './schema.ts';

type Row = z.infer<typeof InstitutionRecord>;
type Detail = z.infer<typeof RecordDetail>;

const RECORD = `a.id, a.code, a.uscc, a.name_zh as "nameZh", a.name_en as "nameEn", a.initials, a.type_code as "typeCode",
  a.division_code as "divisionCode", a.line_code as "lineCode", a.parent_id as "parentId", a.area_m2 as "areaM2", a.headcount,
  a.staff, a.students, a.beds, a.state, nullif(a.member_from, '-infinity') as "memberFrom",
  a.source_document as "sourceDocument", a.version`;

/** One page by code, as the bodies stood on a day. Who may see one today sees its past. */
export async function listRecords(db: Db, day: string, filter: Omit<z.infer<typeof ListRecords>, 'asOf'>) {
  const { state, division, line, type, search, limit, cursor } = filter;
  const states = state === undefined ? MEMBER_STATES : state === 'all' ? STATES : [state];
  const after = decodeCursor('code', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<Row>(
    `select ${RECORD} from registry.institution_as_of($1) a
     where a.code > $2 and a.state = any($3::text[]) and ($4::text is null or a.division_code = $4)
       and ($5::text is null or a.line_code = $5) and ($6::text is null or a.type_code = $6)
       and ($7::text is null or position($7 in lower(concat_ws(' ', a.code, a.name_zh, a.name_en, a.initials, a.uscc))) > 0)
     order by a.code limit $8`,
    [
      day,
      after?.value ?? '',
      states,
      division ?? null,
      line ?? null,
      type ?? null,
      search?.toLowerCase() ?? null,
      limit + 1,
    ],
  );
  return cut(rows, limit, 'code', ({ code, id }) => ({ value: code, id: String(id) }));
}

export async function findRecord(db: Db, day: string, id: number): Promise<Row | undefined> {
  const { rows } = await db.query<Row>(`select ${RECORD} from registry.institution_as_of($1) a where a.id = $2`, [
    day,
    id,
  ]);
  return rows[0];
}

export async function factsOf(db: Db, id: number): Promise<Detail['facts']> {
  const { rows } = await db.query<Omit<Detail['facts'][number], 'recordedAt'> & { recordedAt: number }>(
    `select kind, value, valid_from as "validFrom", source_document as "sourceDocument", change_id as "changeId",
       recorded_at as "recordedAt", recorded_by as "recordedBy"
     from (
       select id, kind, value, valid_from, source_document, change_id, recorded_at, recorded_by
       from registry.institution_fact where institution_id = $1
       union all
       select id, kind, value::text, valid_from, source_document, change_id, recorded_at, recorded_by
       from energy.base_fact where institution_id = $1) f
     order by valid_from desc, kind, recorded_at desc, id desc`,
    [id],
  );
  return rows.map((row) => ({ ...row, recordedAt: shanghaiText(row.recordedAt) }));
}

export async function eventsOf(db: Db, id: number): Promise<Detail['events']> {
  const { rows } = await db.query<Omit<Detail['events'][number], 'recordedAt'> & { recordedAt: number }>(
    `select e.state, e.effective_on as "effectiveOn", e.change_id as "changeId", e.recorded_at as "recordedAt",
       e.recorded_by as "recordedBy",
       coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'code', s.code, 'nameZh', s.name_zh, 'nameEn', s.name_en)
           order by s.code)
         from registry.institution s where s.id = any(e.successors)), '[]') as successors
     from registry.institution_event e where e.institution_id = $1 order by e.effective_on desc, e.id desc`,
    [id],
  );
  return rows.map((row) => ({ ...row, recordedAt: shanghaiText(row.recordedAt) }));
}

export async function predecessorsOf(db: Db, id: number): Promise<Detail['predecessors']> {
  const { rows } = await db.query<Detail['predecessors'][number]>(
    `select distinct i.id, i.code, i.name_zh as "nameZh", i.name_en as "nameEn"
     from registry.institution_event e join registry.institution i on i.id = e.institution_id
     where e.successors @> array[$1::int4] order by i.code`,
    [id],
  );
  return rows;
}
