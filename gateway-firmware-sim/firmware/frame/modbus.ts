import { type ModbusPoint, type ModbusTemplate, quantityByCode } from '@ganzhi/schemas';
import { decodePoint, WORDS } from '../drivers/modbus/decode.ts';
import { decodeModbus } from '../drivers/modbus/rtu-adu.ts';
import { EXCEPTIONS, type ModbusPdu, readPdu } from '../drivers/modbus/rtu-pdu.ts';
import { explained, type FrameMeaning, type FrameValue, failure } from './meaning.ts';
import { hexByte, spacedHex } from './wire/index.ts';

export interface ModbusContext {
  template?: ModbusTemplate;
  /** First register of the answer, zero-based: the frame does not say it. */
  register?: number;
}

/**
 * The meaning of a Modbus frame, RTU or TCP. With a template and the first register the answer's registers become values.
 *
 * @throws FrameError when the envelope is wrong
 */
export function describeModbus(bytes: Buffer, context: ModbusContext): FrameMeaning {
  const { transport, unit, pdu: body, transaction } = decodeModbus(bytes);
  const known: FrameMeaning = {
    protocol: 'modbus',
    transport,
    ...(transaction === undefined ? {} : { transaction }),
    address: unit,
  };
  return explained(known, () => {
    const pdu = readPdu(body);
    return { ...direction(pdu), control: { code: pdu.code, name: pdu.name }, ...contents(pdu, context) };
  });
}

/** A single write and its answer are the same bytes, and an unlisted function is not taken apart. */
function direction({ kind }: ModbusPdu): Pick<FrameMeaning, 'direction'> {
  if (kind === 'write' || kind === 'other') return {};
  return { direction: kind.endsWith('request') ? 'request' : 'reply' };
}

function contents(pdu: ModbusPdu, context: ModbusContext): Partial<FrameMeaning> {
  switch (pdu.kind) {
    case 'exception': {
      const known = EXCEPTIONS[pdu.exception];
      const name = known?.name ?? 'unknown';
      const reasons = known ? [{ code: known.name, zh: known.zh, en: known.en }] : [];
      return {
        exception: { code: pdu.exception, name },
        error: failure('read-refused', `The meter answered with exception ${pdu.exception}: ${name}.`, reasons),
      };
    }
    case 'read-request':
      return { register: pdu.address, count: pdu.count, ...asked(pdu, context.template) };
    case 'registers':
      return registers(pdu.code, pdu.data, context);
    case 'bits':
    case 'other':
      return pdu.data.length > 0 ? { data: spacedHex(pdu.data) } : {};
    case 'write':
      return { register: pdu.address, data: `${hexByte(pdu.value >> 8)} ${hexByte(pdu.value & 0xff)}` };
    case 'write-request':
      return { register: pdu.address, count: pdu.count, data: spacedHex(pdu.data) };
    case 'write-reply':
      return { register: pdu.address, count: pdu.count };
  }
}

/** The template's points that a request covers whole. */
function asked(pdu: { code: number; address: number; count: number }, template: ModbusTemplate | undefined) {
  if (!template) return {};
  const points = inside(template, pdu.code, pdu.address, pdu.count);
  return { template: template.id, asksFor: points.map(({ quantity }) => quantity) };
}

function registers(code: number, data: Buffer, { template, register }: ModbusContext): Partial<FrameMeaning> {
  const raw = { count: data.length / 2, data: spacedHex(data) };
  if (!template || register === undefined) {
    const start = register === undefined ? {} : { register };
    return { ...start, ...raw, readAs: interpretations(data), ...(template ? { hint: REGISTER_MISSING } : {}) };
  }
  const points = inside(template, code, register, data.length / 2);
  const values = points.map((point) => pointValue(point, data, register));
  return { register, ...raw, template: template.id, ratioInMeter: template.ratioInMeter, values };
}

const REGISTER_MISSING = {
  zh: '应答报文不含寄存器地址：请给出请求的起始寄存器',
  en: "An answer does not say which registers it holds: give the request's first register",
};

const inside = ({ points }: ModbusTemplate, code: number, from: number, count: number): ModbusPoint[] =>
  points.filter(({ fc, address, type }) => fc === code && address >= from && address + WORDS[type] <= from + count);

function pointValue(point: ModbusPoint, data: Buffer, register: number): FrameValue {
  const at = (point.address - register) * 2;
  const quantity = quantityByCode(point.quantity);
  return {
    name: { zh: quantity?.zh ?? point.quantity, en: quantity?.en ?? point.quantity },
    value: decodePoint(point, data.subarray(at, at + WORDS[point.type] * 2)) ?? null,
    ...(quantity ? { unit: quantity.unit } : {}),
    quantity: point.quantity,
    register: point.address,
  };
}

/**
 * What two or four registers could be, for a meter whose manual is at hand but which has no template: the technician
 * compares with the display. Other sizes hold several values.
 */
function interpretations(data: Buffer): Record<string, Record<string, number | string | null>> | undefined {
  const types = { 2: ['u16', 'i16'], 4: ['u32', 'i32', 'f32'], 8: ['u64', 'i64', 'f64'] } as const;
  const fitting = types[data.length as keyof typeof types];
  if (!fitting) return undefined;
  const orders = data.length === 2 ? (['ABCD'] as const) : (['ABCD', 'CDAB'] as const);
  return Object.fromEntries(
    orders.map((wordOrder) => [
      wordOrder,
      Object.fromEntries(fitting.map((type) => [type, decodePoint(plainPoint(type, wordOrder), data) ?? null])),
    ]),
  );
}

const plainPoint = (type: ModbusPoint['type'], wordOrder: ModbusPoint['wordOrder']): ModbusPoint => ({
  quantity: '',
  decimals: 0,
  scale: 1,
  manual: '',
  fc: 3,
  address: 0,
  type,
  wordOrder,
  sentinels: [],
});
