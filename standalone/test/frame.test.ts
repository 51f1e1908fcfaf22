import { expect, test } from 'vitest';
import { runGanzhi } from './system.ts';

const decode = (...args: string[]) => runGanzhi(['frame', 'decode', ...args]);

test('a frame is told as JSON, in one word or in many', async () => {
  const energy = { address: '000000123456', values: [{ value: 12345.67, unit: 'kWh' }] };
  const frame = '68 56 34 12 00 00 00 68 91 08 33 33 34 33 9A 78 56 34 6E 16';
  for (const words of [[frame], frame.split(' ')]) {
    const { code, stdout } = await decode('--protocol', 'dlt645', ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(energy);
  }
});

test('template and register name the values of a Modbus answer', async () => {
  const options = ['--protocol', 'modbus', '--template', 'eastron-sdm630', '--register', '0x48'];
  const { code, stdout } = await decode(...options, '0x01040446 40e6ae24c4');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ values: [{ quantity: 'energy.import', value: 12345.67, unit: 'kWh' }] });
});

test.each([
  ['cjt188', '68 10 44 33 22 11 00 33 78 01 03 1F 90 00 08 16', 'frame-checksum'],
  ['dlt645', '68 60 07 92 04 00 91 68 D1 01 37 67 16', 'read-refused'],
  ['modbus', '', 'frame-empty'],
])('a bad %s frame is exit code 1 with the named error: %s', async (protocol, hex, code) => {
  const result = await decode('--protocol', protocol, hex);
  expect(result.code).toBe(1);
  expect(JSON.parse(result.stdout)).toMatchObject({ protocol, error: { code } });
});

test.each([
  [['frame', 'encode', '00'], 'decode'],
  [['frame', 'decode', '--protocol', 'modbus'], 'frame is missing'],
  [['frame', 'decode', '--protocol', 'mbus', '00'], '--protocol'],
  [['frame', 'decode', '00'], '--protocol'],
  [['frame', 'decode', '--protocol', 'modbus', '--register', 'x', '00'], '--register'],
])('ganzhi %s is wrong usage', async (argv, words) => {
  expect(await runGanzhi(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
});
