import { readdirSync, readFileSync } from 'node:fs';
import { BOOKED_COUNTER, type MeterTemplate, type ModbusPoint } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { decodeCjt188, readMessage188 } from '../drivers/cjt188/index.ts';
import { decodeDlt645, readMessage, readValues } from '../drivers/dlt645/index.ts';
import { decodePoint } from '../drivers/modbus/decode.ts';
import { planReads } from '../drivers/modbus/plan.ts';
import { decodeRtu } from '../drivers/modbus/rtu-adu.ts';
import { readPdu } from '../drivers/modbus/rtu-pdu.ts';
import { TEMPLATES, templateById } from './index.ts';

/** From the strongest evidence to the weakest. */
const ORIGIN_KINDS = [
  'capture', // bytes of a real meter, published with what it showed
  'manual-example', // a worked example of the maker or of a textbook
  'standard-vector', // a vector of the handbook, recomputed
  'register-table', // address and type from a published table; the contents are ours, so it proves no scale that the table omits
] as const;
type OriginKind = (typeof ORIGIN_KINDS)[number];

/**
 * Frames from outside the project, read as the template says: the only independent evidence for a map, since the simulated
 * meters share it with the driver. `value` null is a register that says "no value".
 */
interface Case {
  name: string;
  origin: {
    kind: OriginKind;
    /** Document and page, address of the page, or the project that published it. */
    source: string;
  };
  template: string;
  quantity: string;
  value: number | null;
  request?: string;
  reply?: string;
  /** Where a source printed registers without an envelope: the first one's wire address and their contents. */
  register?: number;
  registers?: string;
}

const folder = new URL('../testcases/', import.meta.url);
const cases = readdirSync(folder).map((name): Case => {
  const file = readFileSync(new URL(`${name}/case.json`, folder), 'utf8');
  return { ...(JSON.parse(file) as Omit<Case, 'name'>), name };
});
const bytes = (text = '') => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each(cases)('$name ($origin.kind)', (one) => {
  expect(ORIGIN_KINDS).toContain(one.origin.kind);
  expect(one.origin.source).toMatch(/\w{4}/);
  expect(decodedValue(templateById(one.template), one) ?? null).toBe(one.value);
});

const evidence = new Map(
  [...TEMPLATES.keys()].map((id) => {
    const kinds = cases.flatMap(({ template, origin }) => (template === id ? [origin.kind] : []));
    return [id, ORIGIN_KINDS.filter((kind) => kinds.includes(kind))];
  }),
);

/** Bytes of a real meter are still wanted for these. A captured frame takes its template off this list. */
const WITHOUT_CAPTURE = [
  'acrel-adw300',
  'acrel-dtsd1352',
  'chint-dtsu666',
  'generic-cjt188-gas',
  'opcfoundation-ecm',
  'siemens-pac3200',
];

test('every template has a frame from outside; those without a capture are listed', () => {
  const unproven = [...evidence].flatMap(([id, kinds]) => (kinds.length === 0 ? [id] : []));
  expect(unproven).toEqual(['opcfoundation-ecm']); // OPC UA has no frames of its own; names are compared
  const withoutCapture = [...evidence].flatMap(([id, kinds]) => (kinds.includes('capture') ? [] : [id]));
  expect(withoutCapture).toEqual(WITHOUT_CAPTURE);
});

test.each([...evidence])('the README says what proves %s: %s', (id, kinds) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith(`| \`${id}\``)) ?? '';
  const [, , , , said = ''] = row.split('|');
  expect(ORIGIN_KINDS.filter((kind) => said.includes(kind))).toEqual(kinds);
});

test('every booked register is proven, or the template says so', () => {
  const booked: readonly string[] = Object.values(BOOKED_COUNTER).map(({ code }) => code);
  const proven = new Set(cases.flatMap(({ template, quantity }) => (booked.includes(quantity) ? [template] : [])));
  expect([...TEMPLATES.keys()].filter((id) => !proven.has(id))).toEqual(['opcfoundation-ecm']);
});

function decodedValue(template: MeterTemplate, one: Case): number | string | undefined {
  switch (template.protocol) {
    case 'modbus':
      return modbusValue(pointOf(template.points, one), one);
    case 'dlt645': {
      const message = readMessage(decodeDlt645(bytes(one.reply)));
      if (message.kind !== 'data') throw new Error('The reply holds no data');
      const { di, block } = pointOf(template.points, one);
      expect([di, block]).toContain(message.di);
      return readValues(message.di, message.payload)?.find(({ item }) => item.di === di)?.value;
    }
    case 'cjt188': {
      const message = readMessage188(decodeCjt188(bytes(one.reply)));
      if (message.kind !== 'metering') throw new Error('The reply holds no values');
      const { field } = pointOf(template.points, one);
      const found = message.metering.values.find(({ name }) => name === field);
      return found?.converted?.value ?? found?.value;
    }
    case 'opcua':
      throw new Error('OPC UA has no frames of its own');
  }
}

function modbusValue(point: ModbusPoint, { request, reply, register, registers }: Case) {
  if (registers !== undefined) {
    expect(point.address).toBe(register);
    return decodePoint(point, bytes(registers));
  }
  const asked = readPdu(decodeRtu(bytes(request)).pdu);
  const [read] = planReads([point]);
  expect(asked).toMatchObject({ kind: 'read-request', code: read?.fc, address: read?.address, count: read?.length });
  const answer = readPdu(decodeRtu(bytes(reply)).pdu);
  if (answer.kind !== 'registers') throw new Error('The reply holds no registers');
  return decodePoint(point, answer.data);
}

function pointOf<P extends { quantity: string }>(points: readonly P[], { template, quantity }: Case): P {
  const found = points.find((point) => point.quantity === quantity);
  if (!found) throw new Error(`${template} has no ${quantity}`);
  return found;
}
