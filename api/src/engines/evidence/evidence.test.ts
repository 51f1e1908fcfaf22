import { withTx } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFile, MAX_BYTES, plainName } from './rules.ts';
import { keepEvidence, listEvidence, readEvidence } from './sql.ts';

const database = await testDatabase();
afterAll(() => database.drop());
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_api');
const PDF = Buffer.from('%PDF-1.7\nbill');
let user = 0;

beforeAll(async () => {
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash)
     values ('clerk', 'clerk', 'never matches') returning id`,
  );
  user = rows[0]?.id ?? 0;
});

const keep = (subject: string, name = '电费.pdf', content = PDF) =>
  withTx(db, (tx) => keepEvidence(tx, { subject, name, addedBy: user, content }));

test('what was handed in comes back, byte for byte; the same bytes are kept once', async () => {
  const { sha256 } = await keep('bill/1');
  await keep('bill/2', '同一张.pdf');
  expect(await readEvidence(db, { subject: 'bill/1', sha256 })).toEqual({
    name: '电费.pdf',
    mediaType: 'application/pdf',
    content: PDF,
  });
  expect(await listEvidence(db, 'bill/2')).toMatchObject([{ name: '同一张.pdf', bytes: PDF.length, addedBy: user }]);
  const { rows } = await owner.query<{ n: number }>('select count(*)::int4 as n from platform.evidence_blob');
  expect(rows).toEqual([{ n: 1 }]);
});

test('another subject does not see it; the same file twice for one subject is refused', async () => {
  const { sha256 } = await keep('bill/3');
  await expect(readEvidence(db, { subject: 'bill/4', sha256 })).rejects.toMatchObject({ code: 'not-found' });
  await expect(keep('bill/3')).rejects.toMatchObject({ code: 'conflict' });
});

test('nobody but the owner can change a file, and then it is found', async () => {
  const { sha256 } = await keep('bill/5', 'a.pdf', Buffer.from('%PDF-1.4 five'));
  await expect(db.query(`update platform.evidence_blob set content = 'x'`)).rejects.toThrow('permission denied');
  await expect(db.query('delete from platform.evidence')).rejects.toThrow('permission denied');
  await owner.query(`update platform.evidence_blob set content = '%PDF-1.4 six' where content = '%PDF-1.4 five'`);
  await expect(readEvidence(db, { subject: 'bill/5', sha256 })).rejects.toThrow('does not match its digest');
});

test.each([
  ['a.html', Buffer.from('<script>')],
  ['a.svg', Buffer.from('<svg>')],
  ['a.pdf', Buffer.from('MZ\x90\x00')],
  ['a.pdf', Buffer.alloc(0)],
  ['a.jpg', PDF],
  ['pdf', PDF],
])('refuses %s with other contents or of another kind', (name, bytes) =>
  expect(() => checkFile(name, bytes)).toThrow(expect.objectContaining({ code: 'invalid-request' })),
);

test('too large is said before anything else', () => {
  expect(() => checkFile('a.exe', new Uint8Array(MAX_BYTES + 1))).toThrow(
    expect.objectContaining({ code: 'too-large' }),
  );
});

test('a name never is a path and keeps its ending', () => {
  expect(plainName('../../etc/passwd')).toBe('passwd');
  expect(plainName('C:\\temp\\发票\u202Efdp.exe')).toBe('发票fdp.exe');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      const plain = plainName(`${name}.pdf`);
      expect(plain).toMatch(/\.pdf$/);
      expect(plain.length).toBeLessThanOrEqual(200);
      expect(plain).not.toMatch(/[/\\\p{Cc}\p{Cf}]/u);
    }),
  );
});
