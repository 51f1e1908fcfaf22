import { DAY } from '@ganzhi/schemas';
import { type Tx, withTx } from '@ganzhi/schemas/db';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { escalateOverdue } from './escalate.ts';
import type { Action } from './rules.ts';
import { type Application, act, escalate, overdue, putTemplate, readApproval, submit } from './sql.ts';
import { ApprovalTemplate, type Step } from './template.ts';

const database = await testDatabase();
afterAll(() => database.drop());
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_api');
const NOW = Date.parse('2026-11-23T09:00:00+08:00');
const people: Record<string, number> = {};

const step = (code: string, more: Partial<Step> = {}): Step => ({
  code,
  zh: code,
  en: code,
  role: code,
  levels: ['unit', 'district'],
  fromAmountFen: 0,
  sign: 'one',
  deadlineDays: 5,
  ...more,
});
const template = ApprovalTemplate.parse({
  matter: 'repair',
  zh: '大中修',
  en: 'Major repair',
  materials: [{ code: 'estimate', zh: '预算', en: 'Estimate', required: true }],
  steps: [step('office'), step('finance', { fromAmountFen: 10_000_000, sign: 'all' }), step('city')],
});
const application: Application = {
  matter: 'repair',
  subject: 'repair/1',
  institutionId: null,
  level: 'unit',
  amountFen: 20_000_000,
  materials: ['estimate'],
  requestedBy: 0,
};

/** Everybody whose name begins with the role decides its steps. */
const find = async (_tx: Tx, { role }: Step) =>
  Object.entries(people)
    .filter(([name]) => name.startsWith(role))
    .map(([, id]) => id);

beforeAll(async () => {
  const names = ['applicant', 'office1', 'office2', 'finance1', 'finance2', 'city1', 'boss'];
  const { rows } = await owner.query<{ id: number; login: string }>(
    `insert into platform.app_user (login, display_name, password_hash)
     select login, login, 'never matches' from unnest($1::text[]) login returning id, login`,
    [names],
  );
  for (const { id, login } of rows) people[login] = id;
  await withTx(db, (tx) => putTemplate(tx, template, { validFrom: '2026-01-01', source: '测试' }));
});

let serial = 0;
const begin = (change: Partial<Application> = {}) => {
  serial += 1;
  const requestedBy = people.applicant ?? 0;
  return withTx(db, (tx) =>
    submit(tx, { ...application, subject: `repair/${serial}`, requestedBy, ...change }, find, NOW),
  );
};
const decide = (id: bigint, name: string, action: Action = { kind: 'approve', comment: '' }, now = NOW) =>
  withTx(db, (tx) => act(tx, { id, actor: { id: people[name] ?? 0, actsFor: [] }, action }, find, now));

async function seats(id: bigint): Promise<string[]> {
  const { rows } = await db.query<{ login: string }>(
    `select u.login from platform.approval_seat s join platform.app_user u on u.id = s.user_id
     where s.approval_id = $1 order by u.login`,
    [id],
  );
  return rows.map(({ login }) => login);
}

test('a large repair goes by the office, both of finance, and the city; the work lists follow', async () => {
  const id = await begin();
  expect(await seats(id)).toEqual(['office1', 'office2']);
  await decide(id, 'office2');
  await decide(id, 'finance1');
  expect(await seats(id)).toEqual(['finance2']);
  await decide(id, 'finance2');
  const { state } = await decide(id, 'city1');
  expect(state.status).toBe('approved');
  expect(await seats(id)).toEqual([]);
  const kinds = (await readApproval(db, id)).history.map(({ event }) => event.kind);
  expect(kinds.join(' ')).toBe('submit open approve open approve approve open approve');
});

test('a small one passes finance by; a missing material and a matter without course are refused by name', async () => {
  const { course } = await readApproval(db, await begin({ amountFen: 9_999_999 }));
  expect(course.map(({ code }) => code)).toEqual(['office', 'city']);
  await expect(begin({ materials: [] })).rejects.toThrow('Estimate');
  await expect(begin({ matter: 'swap' })).rejects.toThrow('No course of approval is in force for swap');
  await expect(begin({ level: 'town' })).rejects.toThrow('no step for this level');
});

test('one course at a time for one thing, even when two are handed in at once', async () => {
  const subject = 'repair/twice';
  const outcomes = await Promise.allSettled([begin({ subject }), begin({ subject })]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('two who decide the same step at once: one wins, the other is told', async () => {
  const id = await begin();
  const outcomes = await Promise.allSettled([decide(id, 'office1'), decide(id, 'office2')]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await readApproval(db, id)).state.step).toBe(1);
});

test('an overdue step is found and raised; its deadline begins anew', async () => {
  const id = await begin();
  expect(await overdue(db, NOW + 5 * DAY)).not.toContain(id);
  const late = NOW + 5 * DAY + 1;
  expect(await overdue(db, late)).toContain(id);
  await withTx(db, (tx) => escalate(tx, id, [people.boss ?? 0], late));
  expect(await overdue(db, late)).not.toContain(id);
  expect(await seats(id)).toEqual(['boss', 'office1', 'office2']);
  expect((await decide(id, 'boss', undefined, late)).state.step).toBe(1);
});

test('by itself: who is late is reminded, and the next in line may decide', async () => {
  const { institutionId } = await fixtureRegistry(owner, {
    institution: 'CZ-LATE',
    division: '320412',
    gateways: [],
    meters: [],
  });
  await owner.query(
    `insert into platform.assignment (user_id, role_code, whole_city, granted_by, valid_from)
     values ($1, 'city-administrator', true, 'test', $2)`,
    [people.boss, new Date(NOW)],
  );
  const strict = { ...template, matter: 'swap', steps: [step('office', { escalateTo: 'city-administrator' })] };
  await withTx(db, (tx) => putTemplate(tx, strict, { validFrom: '2026-01-01', source: '测试' }));
  const id = await begin({ matter: 'swap', subject: 'swap/1', institutionId });
  const late = NOW + 5 * DAY + 1;
  const raised = await Promise.all([escalateOverdue(db, late), escalateOverdue(db, late)]);
  expect(raised[0] + raised[1]).toBeGreaterThan(0);
  expect(await seats(id)).toEqual(['boss', 'office1', 'office2']);
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int4 as n from platform.notification where subject = 'swap/1' and kind = 'approval.overdue'`,
  );
  expect(rows).toEqual([{ n: 3 }]);
  expect(await escalateOverdue(db, late)).toBe(0);
});

test('a new template holds for what begins after it; what runs keeps its own', async () => {
  const before = await begin();
  const short = { ...template, steps: [step('city')] };
  await withTx(db, (tx) => putTemplate(tx, short, { validFrom: '2026-11-23', source: '新规' }));
  expect((await readApproval(db, before)).course).toHaveLength(3);
  expect((await readApproval(db, await begin())).course).toHaveLength(1);
});

test('a step that nobody can decide stops the application before it is stored', async () => {
  const orphan = { ...template, matter: 'rent', steps: [step('nobody')] };
  await withTx(db, (tx) => putTemplate(tx, orphan, { validFrom: '2026-01-01', source: '测试' }));
  await expect(begin({ matter: 'rent', subject: 'rent/1' })).rejects.toThrow('Nobody can decide');
  const { rowCount } = await db.query(`select from platform.approval where subject = 'rent/1'`);
  expect(rowCount).toBe(0);
});

test('history cannot be changed by the service', async () => {
  await expect(db.query('delete from platform.approval_event')).rejects.toThrow('permission denied');
  await expect(db.query(`update platform.approval_event set at = now()`)).rejects.toThrow('permission denied');
});
