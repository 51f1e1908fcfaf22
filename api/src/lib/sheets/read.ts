import { readCsv } from './csv.ts';
import { type Sheet, type SheetFormat, unreadable } from './sheet.ts';
import { readXlsx } from './xlsx.ts';

/**
 * The tables of a file as texts. The content decides, the format is what the caller believes it to be.
 *
 * @throws Refusal `invalid-request` or `too-large`, saying what to do
 */
export async function readSheets(bytes: Buffer, format: SheetFormat): Promise<Sheet[]> {
  if (bytes.length === 0) throw unreadable('文件为空。', 'The file is empty.');
  const isZip = bytes.subarray(0, 2).toString('latin1') === 'PK';
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0') {
    throw unreadable(
      '这是旧版 .xls 或加密的 Excel 文件，请另存为不加密的 .xlsx。',
      'This is an old .xls or an encrypted Excel file; save it as .xlsx without a password.',
    );
  }
  if (isZip !== (format === 'xlsx')) {
    throw unreadable(
      isZip ? '这是 Excel 文件，请按 xlsx 上传。' : '这不是 .xlsx 文件，请另存为 .xlsx，或按 csv 上传。',
      isZip ? 'This is an Excel file; send it as xlsx.' : 'This is no .xlsx; save it as .xlsx, or send it as csv.',
    );
  }
  return format === 'xlsx' ? readXlsx(bytes) : [readCsv(bytes)];
}
