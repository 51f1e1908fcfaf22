import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { audit } from '../lib/audit.ts';
import { sealAudit } from './seal.ts';
import { verifyAudit } from './verify.ts';

const database = await testDatabase();
const api = await database.open('ganzhi_api');
const owner = await database.open('ganzhi_owner');
afterAll(() => database.drop());

const write = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i += 1) {
    await audit(api, { actor: 'li', action: 'meter.update', target: `M-${i}`, before: { ct: 30 }, after: { ct: 40 } });
  }
};

test('rows are sealed once, whoever seals, and a row that commits late is sealed later', async () => {
  await write(5);
  const late = await api.connect();
  await late.query('begin');
  await late.query("insert into platform.audit (actor, action, target) values ('late', 'x.y', 'z')");
  await write(5);
  await Promise.all([sealAudit(api), sealAudit(api)]);
  expect(await verifyAudit(api)).toMatchObject({ rows: 10, unsealed: 0, faults: [] });
  await late.query('commit');
  late.release();
  expect(await verifyAudit(api)).toMatchObject({ rows: 10, unsealed: 1, faults: [] });
  expect(await sealAudit(api)).toBe(1);
  expect(await verifyAudit(api)).toMatchObject({ rows: 11, unsealed: 0, faults: [] });
});

test.each(['update platform.audit set actor = $$x$$', 'delete from platform.audit', 'truncate platform.audit'])(
  'the api cannot "%s", and neither can the owner by mistake',
  async (statement) => {
    await expect(api.query(statement)).rejects.toThrow(/permission denied/);
    await expect(owner.query(statement)).rejects.toThrow(/append-only/);
    await expect(
      owner.query(statement.replace('audit', 'audit_seal').replace('actor', 'sealed_at').replace('$$x$$', 'now()')),
    ).rejects.toThrow(/append-only/);
  },
);

test('an owner who takes the guard off and changes, deletes or inserts is found, and the row is named', async () => {
  const { head } = await verifyAudit(api);
  const tampered = async (statement: string) => {
    const tx = await owner.connect();
    try {
      await tx.query('begin');
      await tx.query(
        'alter table platform.audit disable trigger user; alter table platform.audit_seal disable trigger user',
      );
      await tx.query(statement);
      // Seen from inside: a tamperer's transaction, rolled back afterwards.
      return await verifyAudit(Object.assign(Object.create(owner), { query: tx.query.bind(tx) }), head);
    } finally {
      await tx.query('rollback');
      tx.release();
    }
  };
  const changed = await tampered(`update platform.audit set after = '{"ct": 41}' where id = 3`);
  expect(changed.faults).toEqual([{ auditId: '3', kind: 'changed' }]);
  const deleted = await tampered('delete from platform.audit where id = 4');
  expect(deleted.faults).toEqual([{ auditId: '4', kind: 'deleted' }]);
  const both = await tampered(
    'delete from platform.audit where id = 4; delete from platform.audit_seal where audit_id = 4',
  );
  expect(both.faults.map((fault) => fault.kind)).toContain('broken-chain');
  // Cutting off the end leaves a whole, shorter chain: only a head that was kept outside tells.
  const cut = await tampered(
    `delete from platform.audit where id in (select audit_id from platform.audit_seal where position > 8);
     delete from platform.audit_seal where position > 8`,
  );
  expect([cut.faults, cut.containsExpected]).toEqual([[], false]);
  expect(await verifyAudit(api, head)).toMatchObject({ faults: [], containsExpected: true });
});
