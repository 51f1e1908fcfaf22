import { readdirSync, readFileSync } from 'node:fs';
import { GanzhiError } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isDecoded } from '../pipeline/decode.ts';
import { ministryReport, parseCollector } from './ministry.ts';
import { decoderOf } from './translate.ts';

const FOLDER = new URL('../../testcases/collector-messages/', import.meta.url);
const Case = z.strictObject({
  source: z.string(),
  goodErrors: z.array(z.string()),
  xml: z.string(),
  message: z.looseObject({}),
  report: z.looseObject({}),
});

test.each(readdirSync(FOLDER))('%s', (file) => {
  const known = Case.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  expect(parseCollector(known.xml)).toMatchObject(known.message);
  expect(ministryReport(known.xml, new Set(known.goodErrors))).toEqual(known.report);
});

const message = (type: string, element: string): string =>
  `<root><common><building_id>B1</building_id><gateway_id>01</gateway_id><type>${type}</type></common>${element}</root>`;

test.each([
  ['request', '', 'request'],
  ['id_validate', '<id_validate operation="request"/>', 'request'],
  ['id_validate', '<id_validate operation="md5"><md5>ab</md5></id_validate>', 'md5'],
  ['heart_beat', '<heart_beat operation="time"></heart_beat><heart_beat operation="notify"/>', 'notify'],
  ['energy_data', '<data operation="report"></data>', 'report'],
  ['period_ack', '<config operation="period_ack"/>', 'period_ack'],
  ['device', '<device operation="device"></device>', 'other'],
])('type %s with %s is %s', (type, element, kind) => {
  expect(parseCollector(message(type, element)).kind).toBe(kind);
});

const nested = `${'<a>'.repeat(50_000)}`;
test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['another root', '<html><body/></html>'],
  ['no collector', '<root><common><building_id>B1</building_id></common></root>'],
  ['a building that is markup', message('request', '').replace('B1', '&lt;x')],
  ['a building of a thousand letters', message('request', '').replace('B1', 'B'.repeat(1_000))],
  ['declared entities', `<!DOCTYPE root [<!ENTITY b "01">]>${message('request', '')}`],
  ['endless nesting', nested],
  ['a name that is a property of every object', message('request', '<__proto__><x/></__proto__>')],
])('%s is refused', (_, xml) => {
  expect(() => parseCollector(xml)).toThrow(GanzhiError);
  expect(ministryReport(xml, new Set(['0']))).toMatch(/^no data/);
});

test('entities are left as they are, so a bomb of them stays small', () => {
  const report = ministryReport(
    message(
      'report',
      '<data operation="report"><time>20260101000000</time><meter id="&amp;1"><function id="1">&lol;</function></meter></data>',
    ),
    new Set(['0']),
  );
  expect(report).toMatchObject({ samples: [{ device: '&amp;1', x: '&lol;' }] });
});

test('times that are none go to quarantine with that reason; the other values are kept', () => {
  const xml = message(
    'report',
    '<data operation="report"><time>20260231000000</time><meter id="1"><function id="1">1</function><function id="2" sample_time="20260228235959">2</function></meter></data>',
  );
  const decode = decoderOf((payload) => ministryReport(payload.toString('utf8'), new Set(['0'])), {
    gateway: 'B1-01',
    target: (device, tag) => ({ meter: `M-${device}`, point: tag, powerOfTen: 0 }),
  });
  const decoded = decode(Buffer.from(xml), Date.UTC(2026, 2, 1));
  if (!isDecoded(decoded)) throw new Error('not decoded');
  expect(decoded.quarantined.map(({ i, code }) => ({ i, code }))).toEqual([{ i: 0, code: 'invalid-time' }]);
  expect(decoded.readings[1]).toMatchObject({ m: 'M-1', p: '2', t: Date.UTC(2026, 1, 28, 15, 59, 59), x: '2' });
});

test('any text is a report or a sentence, never an exception', () => {
  const element = fc.constantFrom(
    '<root>',
    '</root>',
    '<common>',
    '</common>',
    '<data operation="report">',
    '</data>',
    '<meter id="1">',
    '<function id="1">',
    '</function>',
    '<time>',
    'x',
    '<building_id>',
    '</building_id>',
    '&',
    '<',
    ']]>',
    '<![CDATA[',
    '<!--',
    '<?xml',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(element, fc.string()), { maxLength: 12 }), (parts) => {
      const report = ministryReport(parts.join(''), new Set());
      expect(typeof report === 'string' || Array.isArray(report.samples)).toBe(true);
    }),
  );
});
