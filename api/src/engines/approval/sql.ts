import { DAY, shanghaiText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { type Action, type Actor, type Event, eventOf, fold, type State, stepToOpen } from './rules.ts';
import { ApprovalTemplate, courseOf, type Level, missingMaterials, type Step } from './template.ts';

/** Who may decide a step of this application: the module that owns the subject knows its scope. */
export type FindAssignees = (tx: Tx, step: Step) => Promise<readonly number[]>;

export interface Application {
  matter: string;
  /** Module and id, `leave/17`; one course at a time. */
  subject: string;
  /** null: a matter of the city itself. */
  institutionId: number | null;
  level: Level;
  amountFen: number;
  materials: readonly string[];
  requestedBy: number;
}

export interface Approval {
  readonly id: bigint;
  readonly subject: string;
  readonly institutionId: number | null;
  readonly state: State;
  readonly course: readonly Step[];
  readonly history: readonly { at: number; event: Event }[];
}

/** Puts a template into force from a day on (`2026-01-01`). */
export async function putTemplate(
  tx: Tx,
  template: ApprovalTemplate,
  { validFrom, source }: { validFrom: string; source: string },
): Promise<void> {
  await tx.query(
    'insert into platform.approval_template (matter, valid_from, definition, source) values ($1, $2, $3, $4)',
    [template.matter, validFrom, JSON.stringify(template), source],
  );
}

/**
 * Begins a course. The caller's transaction holds the subject and the audit row too.
 *
 * @throws Refusal `conflict`: no course for the matter, nobody to decide, one is under way; `invalid-request`: materials
 */
export async function submit(tx: Tx, application: Application, find: FindAssignees, now: number): Promise<bigint> {
  const { matter, subject, level, amountFen, requestedBy } = application;
  const { id: templateId, template } = await templateOn(tx, matter, now);
  const missing = missingMaterials(template, application.materials);
  if (missing.length > 0) {
    const names = template.materials.filter(({ code }) => missing.includes(code));
    throw new Refusal('invalid-request', {
      zh: `缺少必备材料：${names.map(({ zh }) => zh).join('、')}。`,
      en: `Required materials are missing: ${names.map(({ en }) => en).join(', ')}.`,
    });
  }
  courseOf(template, { level, amountFen });
  const { rows } = await tx.query<{ id: bigint }>(
    `insert into platform.approval (template_id, subject, level, amount_fen, requested_by, requested_at, institution_id, status)
     values ($1, $2, $3, $4, $5, $6, $7, 'running')
     on conflict (subject) where status in ('running', 'returned') do nothing returning id`,
    [templateId, subject, level, amountFen, requestedBy, new Date(now), application.institutionId],
  );
  const id = rows[0]?.id;
  if (id === undefined) {
    throw new Refusal('conflict', { zh: '该事项已在审批中。', en: 'An application for this is under way already.' });
  }
  await append(tx, await readApproval(tx, id), { kind: 'submit', by: requestedBy }, find, now);
  return id;
}

/**
 * Does what a person decided, in the order in which people decide (the row is locked).
 *
 * @throws Refusal of `eventOf`, `not-found`
 */
export async function act(
  tx: Tx,
  request: { id: bigint; actor: Actor; action: Action },
  find: FindAssignees,
  now: number,
): Promise<Approval> {
  await tx.query('select from platform.approval where id = $1 for update', [request.id]);
  const approval = await readApproval(tx, request.id);
  return append(tx, approval, eventOf(approval.state, request.actor, request.action), find, now);
}

/** Lets these people (or nobody: a reminder) decide too because the deadline passed; the step gets a new one. */
export async function escalate(tx: Tx, id: bigint, to: readonly number[], now: number): Promise<Approval> {
  await tx.query('select from platform.approval where id = $1 for update', [id]);
  return append(tx, await readApproval(tx, id), { kind: 'escalate', to }, async () => [], now);
}

/** Applications whose running step is overdue, the longest first. */
export async function overdue(db: Db | Tx, now: number, limit = 100): Promise<bigint[]> {
  const { rows } = await db.query<{ id: bigint }>(
    `select id from platform.approval where status = 'running' and due_at < $1 order by due_at limit $2`,
    [new Date(now), limit],
  );
  return rows.map(({ id }) => id);
}

/** @throws Refusal `not-found` */
export async function readApproval(db: Db | Tx, id: bigint): Promise<Approval> {
  const { rows } = await db.query<ApprovalRow>(
    `select t.definition, a.level, a.amount_fen as "amountFen", a.subject, a.institution_id as "institutionId"
     from platform.approval a join platform.approval_template t on t.id = a.template_id where a.id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw notFound();
  const template = ApprovalTemplate.parse(row.definition);
  const course = courseOf(template, { level: row.level, amountFen: Number(row.amountFen) });
  const { rows: history } = await db.query<{ at: number; event: Event }>(
    'select at, event from platform.approval_event where approval_id = $1 order by seq',
    [id],
  );
  return {
    id,
    subject: row.subject,
    institutionId: row.institutionId,
    course,
    history,
    state: fold(
      course,
      history.map(({ event }) => event),
    ),
  };
}

interface ApprovalRow {
  definition: unknown;
  level: Level;
  amountFen: bigint;
  subject: string;
  institutionId: number | null;
}

async function append(tx: Tx, approval: Approval, event: Event, find: FindAssignees, now: number): Promise<Approval> {
  const { id, course } = approval;
  const events = [...approval.history.map((entry) => entry.event), event];
  const opens = stepToOpen(course, events);
  const step = opens === undefined ? undefined : course[opens];
  if (opens !== undefined && step) {
    const assignees = await find(tx, step);
    if (assignees.length === 0) {
      throw new Refusal('conflict', {
        zh: `步骤“${step.zh}”没有可办理的人员，请先由管理员授予角色“${step.role}”。`,
        en: `Nobody can decide the step "${step.en}". Have an administrator give somebody the role "${step.role}".`,
      });
    }
    events.push({ kind: 'open', step: opens, assignees });
  }
  const added = events.slice(approval.history.length).map((added) => ({ at: now, event: added }));
  await tx.query(
    `insert into platform.approval_event (approval_id, seq, at, event)
     select $1, $2 + n, $3, event from jsonb_array_elements($4::jsonb) with ordinality e (event, n)`,
    [id, approval.history.length, new Date(now), JSON.stringify(added.map(({ event }) => event))],
  );
  const state = fold(course, events);
  await summarise(tx, id, state, dueAt(event, state, course, now));
  return { ...approval, state, history: [...approval.history, ...added] };
}

/** The deadline begins anew with each step and with an escalation; otherwise it stays. */
function dueAt(event: Event, { status, step }: State, course: readonly Step[], now: number): number | null | 'stays' {
  if (status !== 'running') return null;
  if (event.kind === 'transfer') return 'stays';
  const days = course[step]?.deadlineDays;
  return days === undefined ? null : now + days * DAY;
}

async function summarise(tx: Tx, id: bigint, state: State, due: number | null | 'stays'): Promise<void> {
  await tx.query(
    `update platform.approval set status = $2, step = $3, due_at = case when $4 then due_at else $5 end where id = $1`,
    [id, state.status, state.step, due === 'stays', typeof due === 'number' ? new Date(due) : null],
  );
  const open = state.assignees.filter((seat) => !state.signed.includes(seat));
  await tx.query('delete from platform.approval_seat where approval_id = $1 and user_id <> all ($2)', [id, open]);
  await tx.query('insert into platform.approval_seat select $1, unnest($2::int4[]) on conflict do nothing', [id, open]);
}

async function templateOn(tx: Tx, matter: string, now: number): Promise<{ id: number; template: ApprovalTemplate }> {
  const { rows } = await tx.query<{ id: number; definition: unknown }>(
    `select id, definition from platform.approval_template
     where matter = $1 and valid_from <= ($2::timestamptz at time zone 'Asia/Shanghai')::date
     order by valid_from desc limit 1`,
    [matter, new Date(now)],
  );
  const [row] = rows;
  if (!row) {
    throw new Refusal('conflict', {
      zh: `事项 ${matter} 在 ${shanghaiText(now).slice(0, 10)} 没有生效的审批流程。`,
      en: `No course of approval is in force for ${matter} on ${shanghaiText(now).slice(0, 10)}.`,
    });
  }
  return { id: row.id, template: ApprovalTemplate.parse(row.definition) };
}
