import { inflateRawSync } from 'node:zlib';
import { Refusal } from '../../errors/refuse.ts';

/** What an uploaded workbook may unpack to. A city of 23,500 meters is about 30 MB of XML. */
export const UNPACKED_BYTES = 200 * 1024 * 1024;
const MOST_ENTRIES = 500;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const [STORED, DEFLATED] = [0, 8];

const broken = (): Refusal =>
  new Refusal('invalid-request', {
    zh: 'Excel 文件已损坏或不是 .xlsx，请另存为 .xlsx 后重试。',
    en: 'The Excel file is damaged or no .xlsx; save it as .xlsx and try again.',
  });

const tooBig = (): Refusal =>
  new Refusal('too-large', {
    zh: 'Excel 文件解压后过大，请删除图片与空行，或分批导入。',
    en: 'The Excel file unpacks to too much; take out pictures and empty rows, or import it in parts.',
  });

/**
 * Unpacks every part of a ZIP once, within the limit, and keeps nothing: sizes that a ZIP says of itself can lie, and the
 * Excel library believes them.
 *
 * @throws Refusal `invalid-request` when it is no ZIP, `too-large` when it unpacks to more than the limit
 */
export function checkZip(bytes: Buffer, limitBytes = UNPACKED_BYTES): void {
  let left = limitBytes;
  for (const { method, data } of partsOf(bytes)) {
    if (method !== STORED && method !== DEFLATED) throw broken();
    left -= method === STORED ? data.length : inflatedBytes(data, left);
    if (left < 0) throw tooBig();
  }
}

function inflatedBytes(data: Buffer, left: number): number {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, left) }).length;
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? tooBig() : broken();
  }
}

/** Parts by the central directory (APPNOTE 4.3.12), as the Excel library finds them. */
function partsOf(bytes: Buffer): { method: number; data: Buffer }[] {
  try {
    const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0 || bytes.readUInt32LE(end) !== END) throw broken();
    const count = bytes.readUInt16LE(end + 10);
    if (count > MOST_ENTRIES) throw tooBig();
    const parts = [];
    let at = bytes.readUInt32LE(end + 16);
    for (let i = 0; i < count; i += 1) {
      if (bytes.readUInt32LE(at) !== CENTRAL) throw broken();
      const [method, packed] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
      const local = bytes.readUInt32LE(at + 42);
      if (bytes.readUInt32LE(local) !== LOCAL) throw broken();
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      if (start + packed > bytes.length) throw broken();
      parts.push({ method, data: bytes.subarray(start, start + packed) });
      at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    }
    return parts;
  } catch (error) {
    if (error instanceof RangeError) throw broken();
    throw error;
  }
}
