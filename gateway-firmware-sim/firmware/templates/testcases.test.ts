import { readdirSync, readFileSync } from 'node:fs';
import type { MeterTemplate, ModbusPoint } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { decodeCjt188, readMessage188 } from '../drivers/cjt188/index.ts';
import { decodeDlt645, readMessage, readValues } from '../drivers/dlt645/index.ts';
import { decodePoint } from '../drivers/modbus/decode.ts';
import { planReads } from '../drivers/modbus/plan.ts';
import { decodeRtu } from '../drivers/modbus/rtu-adu.ts';
import { readPdu } from '../drivers/modbus/rtu-pdu.ts';
import { TEMPLATES, templateById } from './index.ts';

/**
 * Frames from outside the project, read as the template says: the only independent evidence for a map, since the simulated
 * meters share it with the driver. `value` null is a register that says "no value".
 */
interface Case {
  name: string;
  origin: string;
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

test.each(cases)('$name ($origin)', (one) => {
  expect(one.origin).not.toBe('');
  expect(decodedValue(templateById(one.template), one) ?? null).toBe(one.value);
});

/** Templates for which no frame from outside was found; the README says so. A frame takes its template off this list. */
const WITHOUT_EVIDENCE = [
  'acrel-adw300',
  'chint-dtsu666',
  'generic-cjt188-gas',
  'opcfoundation-ecm',
  'siemens-pac3200',
];

test('every template has a frame from outside, or stands in the list of those without', () => {
  const proven = new Set(cases.map(({ template }) => template));
  expect([...TEMPLATES.keys()].filter((id) => !proven.has(id))).toEqual(WITHOUT_EVIDENCE);
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
