import { MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson } from '../../test/people.ts';
import { findSession } from './session.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_api');
/** As another process would: it remembers for itself. */
const elsewhere = await database.open('ganzhi_api');
afterAll(() => database.drop());

const NOW = Date.parse('2026-11-23T10:00:00+08:00');
let institution = 0;
let other = 0;
let token = '';

beforeAll(async () => {
  ({ institutionId: institution } = await fixtureRegistry(owner, {
    institution: 'CZ-0001',
    gateways: ['GW-1'],
    meters: [{ code: 'M-1' }],
  }));
  ({ institutionId: other } = await fixtureRegistry(owner, { institution: 'CZ-0002', gateways: [], meters: [] }));
  ({ token } = await newPerson(owner, { login: 'keeper', now: NOW }, [
    { role: 'energy-manager', institutions: [institution] },
  ]));
});

/** What each process answers with its next request. */
async function seen(now = NOW): Promise<{ roles: string; in: string | null }[]> {
  const sessions = await Promise.all([db, elsewhere].map((pool) => findSession(pool, token, now, 'data.read')));
  return sessions.map((session) => ({
    roles: session?.user.roles.join() ?? 'nobody',
    in: session?.scope?.split('|')[0] ?? null,
  }));
}
const both = (roles: string, ...institutions: number[]) => {
  const answer = { roles, in: `{${institutions.join()}}` };
  return [answer, answer];
};
const change = (sql: string, ...values: unknown[]) => owner.query(sql, values);

test('rights that nobody changed are not found out again', async () => {
  expect(await seen()).toEqual(both('energy-manager', institution));
  await change('alter table platform.assignment disable trigger rights_change');
  await change('update platform.assignment set revoked_at = $1', new Date(NOW - MINUTE));
  // whoever asked anew would find none
  expect(await seen()).toEqual(both('energy-manager', institution));
  await change('update platform.assignment set revoked_at = null');
  await change('alter table platform.assignment enable trigger rights_change');
});

test('a change counts in every process with its commit, not before and not if it is undone', async () => {
  expect(await seen()).toEqual(both('energy-manager', institution));
  const tx = await owner.connect();
  try {
    const revoke = 'update platform.assignment set revoked_at = $1';
    await tx.query('begin');
    await tx.query('savepoint s');
    await tx.query(revoke, [new Date(NOW)]);
    await tx.query('rollback to s');
    await tx.query(revoke, [new Date(NOW)]);
    expect(await seen()).toEqual(both('energy-manager', institution));
    await tx.query('commit');
    expect(await seen()).toEqual(both(''));
    await tx.query('begin');
    await tx.query('update platform.assignment set revoked_at = null');
    await tx.query('rollback');
    expect(await seen()).toEqual(both(''));
    await tx.query('update platform.assignment set revoked_at = null');
    expect(await seen()).toEqual(both('energy-manager', institution));
  } finally {
    tx.release();
  }
});

test('changes that become visible out of order are each noticed', async () => {
  const [first, second] = [await owner.connect(), await owner.connect()];
  try {
    await first.query('begin');
    await first.query('update platform.assignment set institution_ids = $1', [[institution, other]]);
    await second.query("insert into registry.line values ('later', null, '后', 'Later')");
    expect(await seen()).toEqual(both('energy-manager', institution));
    await first.query('commit');
    expect(await seen()).toEqual(both('energy-manager', institution, other));
    await change('update platform.assignment set institution_ids = $1', [institution]);
  } finally {
    first.release();
    second.release();
  }
});

test('what a role permits, who stands below a division, and whose a meter is are such changes', async () => {
  expect(await seen()).toEqual(both('energy-manager', institution));
  await change("insert into platform.role_permission values ('energy-manager', 'fleet.manage')");
  expect((await findSession(db, token, NOW))?.user.permissions).toContain('fleet.manage');
  await change("insert into registry.division values ('320499', null, '新区', 'New', 9)");
  await change("update platform.assignment set institution_ids = '{}', division_code = '320499'");
  expect(await seen()).toEqual(both('energy-manager'));
  await change("update registry.institution set division_code = '320499' where id = $1", other);
  expect(await seen()).toEqual(both('energy-manager', other));
  await change(
    "update platform.assignment set division_code = null, meter_ids = array(select id from registry.meter where code = 'M-1')",
  );
  const hosts = async () => (await findSession(db, token, NOW, 'data.read'))?.scope?.split('|')[1];
  expect(await hosts()).toBe(`{${institution}}`);
  await change("update registry.meter set institution_id = $1, gateway_id = null where code = 'M-1'", other);
  expect(await hosts()).toBe(`{${other}}`);
});

test('a right that begins or ends by itself does so at its time', async () => {
  await change(
    'update platform.assignment set meter_ids = $1, institution_ids = $2, valid_from = $3, valid_to = $4',
    [],
    [institution],
    new Date(NOW),
    new Date(NOW + MINUTE),
  );
  expect(await seen(NOW - 1)).toEqual(both(''));
  expect(await seen(NOW)).toEqual(both('energy-manager', institution));
  expect(await seen(NOW + MINUTE - 1)).toEqual(both('energy-manager', institution));
  expect(await seen(NOW + MINUTE)).toEqual(both(''));
  // a clock that is set back
  expect(await seen(NOW)).toEqual(both('energy-manager', institution));
});

test('few changes are kept', async () => {
  for (let i = 0; i < 200; i += 1)
    await change("update registry.line set name_en = $1 where code = 'later'", String(i));
  const { rows } = await owner.query<{ n: number }>('select count(*)::int as n from platform.rights_change');
  expect(rows[0]?.n).toBeLessThanOrEqual(128);
});
