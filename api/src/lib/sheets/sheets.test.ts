import { deflateRawSync } from 'node:zlib';
import exceljs from 'exceljs';
import { expect, test } from 'vitest';
import { readSheets } from './read.ts';
import { readSheetsApart } from './read-apart.ts';
import { checkZip } from './zip.ts';

const csv = async (bytes: Buffer) =>
  (await readSheets(bytes, 'csv'))[0]?.rows.map(({ line, cells }) => [line, ...cells]);
const utf16 = (text: string, big: boolean): Buffer => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return big ? bytes.swap16() : bytes;
};

test.each([
  ['UTF-8', Buffer.from('编号,名\n1,总表\n')],
  ['UTF-8 with its mark', Buffer.from('\uFEFF编号,名\n1,总表\n')],
  ['UTF-16 little-endian with tabs', utf16('编号\t名\n1\t总表\n', false)],
  ['UTF-16 big-endian with semicolons', utf16('编号;名\n1;总表\n', true)],
  ['GB18030', Buffer.from('b1e0bac52cc3fb0a312cd7dcb1ed0a', 'hex')],
])('a CSV in %s', async (_, bytes) => {
  expect(await csv(bytes)).toEqual([
    [1, '编号', '名'],
    [2, '1', '总表'],
  ]);
});

test('lines are those that a person counts, also behind a cell with a line break and an empty line', async () => {
  expect(await csv(Buffer.from('a,b\r\n"x\r\ny",1\r\n\r\nz,2\r\n'))).toEqual([
    [1, 'a', 'b'],
    [2, 'x\ny', '1'],
    [4, ''],
    [5, 'z', '2'],
  ]);
});

test('nothing beyond the limit of columns is lost in silence', async () => {
  const [sheet] = await readSheets(Buffer.from(`${'a,'.repeat(60)}b\n`), 'csv');
  expect(sheet?.rows[0]?.faults).toMatchObject([{ at: 59 }]);
});

test('cells of a workbook: numbers as they are shown, long ones refused, formulas by their result, errors named', async () => {
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet('表');
  sheet.addRow([
    0.1 + 0.2,
    1e15,
    { formula: '1+1', result: 2 },
    { error: '#REF!' },
    new Date('2026-01-02T00:00:00Z'),
    '=1+1',
    true,
  ]);
  book.addWorksheet('藏', { state: 'hidden' }).addRow(['x']);
  const [first, second] = await readSheetsApart(Buffer.from(await book.xlsx.writeBuffer()), 'xlsx');
  expect(first?.rows[0]?.cells).toEqual(['0.3', '', '2', '', '2026-01-02', '=1+1', 'true']);
  expect(first?.rows[0]?.faults.map(({ at }) => at)).toEqual([1, 3]);
  expect([first?.hidden, second?.hidden]).toEqual([false, true]);
});

/** A ZIP of one deflated part whose headers lie about its size. */
function bomb(bytes: number): Buffer {
  const data = deflateRawSync(Buffer.alloc(bytes));
  const head = (signature: number, length: number) => {
    const header = Buffer.alloc(length);
    header.writeUInt32LE(signature, 0);
    return header;
  };
  const local = head(0x04034b50, 30);
  const central = head(0x02014b50, 46);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(1, 24);
  const end = head(0x06054b50, 22);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, central, end]);
}

test('a workbook that unpacks to more than the limit is refused before anybody unpacks it, whatever it says of itself', async () => {
  const file = bomb(300 * 1024 * 1024);
  expect(file.length).toBeLessThan(400_000);
  expect(() => checkZip(file)).toThrow(expect.objectContaining({ code: 'too-large' }));
  await expect(readSheetsApart(file, 'xlsx')).rejects.toMatchObject({ code: 'too-large' });
  expect(() => checkZip(bomb(1_000), 999)).toThrow(expect.objectContaining({ code: 'too-large' }));
  expect(() => checkZip(bomb(1_000), 1_000)).not.toThrow();
});

test.each(['PK', 'PK\x05\x06', `PK${'\0'.repeat(100)}`, `PK\x03\x04${'x'.repeat(50)}PK\x05\x06${'\xff'.repeat(18)}`])(
  'a broken workbook is refused in words: %j',
  async (text) => {
    await expect(readSheets(Buffer.from(text, 'latin1'), 'xlsx')).rejects.toMatchObject({
      code: expect.stringMatching(/invalid-request|too-large/),
    });
  },
);
