import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const NOW = Date.parse('2026-11-23T09:00:00+08:00');
const harness = await startHarness({ now: NOW });
afterAll(() => harness.stop());
const PDF = Buffer.from('%PDF-1.7 inspection');
let institutionId = 0;
let author: Person;
let head: Person;
let district: Person;
let city: Person;

beforeAll(async () => {
  const place = await fixtureRegistry(harness.owner, {
    institution: 'CZ-SCHOOL',
    division: '320412',
    gateways: [],
    meters: [],
  });
  institutionId = place.institutionId;
  author = await harness.person('author', { role: 'filler', institutions: [institutionId] });
  head = await harness.person('head', { role: 'institution-administrator', institutions: [institutionId] });
  district = await harness.person('district', { role: 'division-administrator', division: '320412' });
  city = await harness.person('city', { role: 'city-administrator', wholeCity: true });
});

const send = (person: Person, url: string, payload?: object, headers: Record<string, string> = {}) =>
  harness.inject({
    method: 'POST',
    url: `/api/v1/repair-applications${url}`,
    headers: { ...person.headers, ...headers },
    ...(payload ? { payload } : {}),
  });
const read = async (person: Person, url: string) =>
  (await harness.inject({ url: `/api/v1/repair-applications${url}`, headers: person.headers })).json();

async function draft(estimateCny = '480000.00'): Promise<number> {
  const answer = await send(author, '', { institutionId, title: '屋面防水', reason: '顶层渗漏', estimateCny });
  expect([answer.statusCode, answer.json().status]).toEqual([201, 'draft']);
  return answer.json().id;
}

const upload = (id: number, material: string, content = PDF) =>
  send(author, `/${id}/materials?name=${encodeURIComponent('鉴定.pdf')}&material=${material}`, content, {
    'content-type': 'application/octet-stream',
  });

async function handedIn(estimateCny?: string): Promise<number> {
  const id = await draft(estimateCny);
  await upload(id, 'inspection');
  await upload(id, 'estimate', Buffer.from('%PDF-1.7 estimate'));
  expect((await send(author, `/${id}/submission`)).statusCode).toBe(200);
  return id;
}
const approve = (person: Person, id: number) => send(person, `/${id}/decisions`, { kind: 'approve' });

test('from a draft to the decision: materials, number, course, history, files as they were handed in', async () => {
  const id = await draft();
  const early = await send(author, `/${id}/submission`);
  expect([early.statusCode, early.json().detail]).toEqual([400, expect.stringContaining('房屋状况鉴定')]);
  await upload(id, 'inspection');
  await upload(id, 'estimate', Buffer.from('%PDF-1.7 estimate'));
  const running = (await send(author, `/${id}/submission`)).json();
  expect(running).toMatchObject({ status: 'running', number: '常机管修〔2026〕1号', estimateCny: '480000.00' });
  expect(running.course.map((step: { code: string; current: boolean }) => [step.code, step.current])).toEqual([
    ['institution', true],
    ['district', false],
  ]);
  expect((await approve(head, id)).statusCode).toBe(200);
  const done = (await approve(district, id)).json();
  expect(done).toMatchObject({ status: 'approved', dueAt: null });
  expect(done.history.map((event: { kind: string; by: string }) => [event.kind, event.by])).toEqual([
    ['submit', 'author'],
    ['approve', 'head'],
    ['approve', 'district'],
  ]);
  const [material] = done.materials;
  const file = await harness.inject({
    url: `/api/v1/repair-applications/${id}/materials/${material.sha256}`,
    headers: district.headers,
  });
  expect(file.rawPayload.equals(PDF)).toBe(true);
  expect(file.headers['content-disposition']).toContain(encodeURIComponent('鉴定.pdf'));
});

test('from half a million on the city decides too; everybody who has to act is told, and the author at the end', async () => {
  const id = await handedIn('500000');
  const tester = { ...city, headers: { authorization: `Bearer ${harness.token}` } };
  // both who hold the role for the city sign
  for (const person of [head, district, city, tester]) expect((await approve(person, id)).statusCode).toBe(200);
  expect((await read(author, `/${id}`)).status).toBe('approved');
  const { rows } = await harness.owner.query<{ login: string; kind: string; acted: boolean }>(
    `select u.login, n.kind, n.acted_at is not null as acted
     from platform.notification n join platform.app_user u on u.id = n.user_id where n.subject = $1 order by n.id`,
    [`repair-application/${id}`],
  );
  expect(rows.filter(({ login }) => login !== 'tester')).toEqual([
    { login: 'head', kind: 'approval.waiting', acted: true },
    { login: 'district', kind: 'approval.waiting', acted: true },
    { login: 'city', kind: 'approval.waiting', acted: true },
    { login: 'author', kind: 'approval.approved', acted: false },
  ]);
});

test('nobody passes his own, out of turn, or twice; a return needs its reason and comes back', async () => {
  const id = await handedIn();
  expect((await approve(district, id)).statusCode).toBe(403);
  expect((await approve(author, id)).statusCode).toBe(403);
  expect((await send(head, `/${id}/decisions`, { kind: 'return', step: null })).statusCode).toBe(409);
  const back = await send(head, `/${id}/decisions`, { kind: 'return', step: null, comment: '缺少报价' });
  expect(back.json().status).toBe('returned');
  expect((await send(head, `/${id}/submission`)).statusCode).toBe(403);
  expect((await send(author, `/${id}/submission`)).json()).toMatchObject({ status: 'running' });
});

test('a try again with the same key makes one application; the list shows it once, filtered and paged', async () => {
  const body = { institutionId, title: '电梯大修', reason: '超年限', estimateCny: '12.3' };
  const [first, again] = [
    await send(author, '', body, { 'idempotency-key': 'k-1' }),
    await send(author, '', body, { 'idempotency-key': 'k-1' }),
  ];
  expect(again.json()).toEqual(first.json());
  const { items, nextCursor } = await read(author, `?status=draft&institution=${institutionId}&limit=1`);
  expect(items.map((item: { title: string; estimateCny: string }) => [item.title, item.estimateCny])).toEqual([
    ['电梯大修', '12.30'],
  ]);
  expect(typeof nextCursor === 'string' || nextCursor === null).toBe(true);
});

test.each(['0', '0.00', '-1', '1.234', '1e3', '9999999999'])(
  'an estimate of %s is refused by its field',
  async (estimateCny) => {
    const answer = await send(author, '', { institutionId, title: 'x', reason: 'x', estimateCny });
    expect([answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([400, 'estimateCny']);
  },
);
