import { GanzhiError } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { encodeDlt645 } from '../drivers/dlt645/index.ts';
import { encodeRtu } from '../drivers/modbus/rtu-adu.ts';
import { decodeFrame } from './decode-frame.ts';

const ANSWER = '01 04 04 46 40 E6 AE 24 C4';

test.each([
  ANSWER,
  ANSWER.toLowerCase(),
  ANSWER.replaceAll(' ', ''),
  `0x${ANSWER.replaceAll(' ', '')}`,
  ANSWER.split(' ')
    .map((byte) => `0x${byte}`)
    .join(', '),
  ` ${ANSWER}\n`,
])('hex is taken as it comes: %s', (hex) => {
  const meaning = decodeFrame({ protocol: 'modbus', hex, template: 'eastron-sdm630', register: 0x48 });
  expect(meaning.values).toEqual([
    {
      name: { zh: '正向有功电能', en: 'Active energy, import' },
      value: 12345.67,
      unit: 'kWh',
      quantity: 'energy.import',
      register: 0x48,
    },
  ]);
});

test('an answer with a template but without its register is shown raw, with a hint', () => {
  const meaning = decodeFrame({ protocol: 'modbus', hex: ANSWER, template: 'eastron-sdm630' });
  expect(meaning).not.toHaveProperty('values');
  expect(meaning).toMatchObject({ data: '46 40 E6 AE', hint: { en: expect.stringContaining('first register') } });
});

test('both word orders are offered: 230.2 V as ABCD or CDAB (handbook vector 17)', () => {
  const read = (registers: string) => {
    const frame = encodeRtu(1, Buffer.from(`0404${registers}`, 'hex'));
    return decodeFrame({ protocol: 'modbus', hex: frame.toString('hex') }).readAs;
  };
  expect(read('43663333')).toMatchObject({ ABCD: { f32: 230.2 } });
  expect(read('33334366')).toMatchObject({ CDAB: { f32: 230.2 } });
});

test.each([
  ['no-such-template', 'unknown'],
  ['eastron-sdm630', 'speaks modbus'],
])('template %s does not fit a DL/T 645 frame: %s', (template, words) => {
  const decode = () => decodeFrame({ protocol: 'dlt645', hex: '68', template });
  expect(decode).toThrow(GanzhiError);
  expect(decode).toThrow(words);
});

test.each([
  ['6', 'frame-hex'],
  ['68 1G', 'frame-hex'],
  ['  ', 'frame-empty'],
  ['FE FE', 'frame-empty'],
  ['69 56', 'frame-start'],
  ['68 56 34 12 00 00 00 68 11 C9', 'frame-length'],
  ['68 56 34 12 00 00 00 68 11 04 33 33', 'frame-short'],
  ['68 56 34 12 00 00 00 68 11 04 33 33 34 33 4F 16', 'frame-checksum'],
  ['68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 17', 'frame-end'],
  ['68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16 00', 'frame-long'],
])('%s is refused by name: %s', (hex, code) => {
  const { error, ...rest } = decodeFrame({ protocol: 'dlt645', hex });
  expect(error).toMatchObject({ code, zh: expect.any(String), en: expect.any(String), detail: expect.any(String) });
  expect(rest).toEqual({ protocol: 'dlt645' });
});

test('an envelope that is sound keeps its address when the contents are not', () => {
  const data = Buffer.from('0000010067', 'hex');
  const frame = encodeDlt645({ address: '000000123456', control: 0x91, data });
  const meaning = decodeFrame({ protocol: 'dlt645', hex: frame.toString('hex') });
  expect(meaning).toMatchObject({ address: '000000123456', error: { code: 'frame-content' } });
});
