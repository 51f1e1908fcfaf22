import {
  type Cjt188Message,
  type Cjt188Value,
  decodeCjt188,
  meterType,
  readMessage188,
} from '../drivers/cjt188/index.ts';
import { explained, type FrameMeaning, type FrameValue, failure } from './meaning.ts';
import { hexByte, spacedHex } from './wire/index.ts';

/**
 * The meaning of a CJ/T 188 frame.
 *
 * @throws FrameError when the envelope is wrong
 */
export function describeCjt188(bytes: Buffer): FrameMeaning {
  const frame = decodeCjt188(bytes);
  const { zh, en } = meterType(frame.type);
  const known: FrameMeaning = {
    protocol: 'cjt188',
    meterType: { code: hexByte(frame.type), zh, en },
    address: frame.address,
    direction: frame.control & 0x80 ? 'reply' : 'request',
    control: { code: hexByte(frame.control), name: 'unknown' },
  };
  return explained(known, () => {
    const message = readMessage188(frame);
    return {
      control: { code: hexByte(frame.control), name: message.control.name },
      ...contents(message, frame.address),
    };
  });
}

function contents(message: Cjt188Message, address: string): Partial<FrameMeaning> {
  if (message.kind === 'refused') {
    const { status } = message;
    return {
      error: failure('read-refused', `The meter refused${status ? `; its status is ${status.raw}` : ''}.`),
      ...(status ? { status } : {}),
    };
  }
  if (message.kind === 'other') return message.payload.length > 0 ? { data: spacedHex(message.payload) } : {};
  const { di, diOrder, sequence } = message;
  const identified = { identifier: { code: di, ...IDENTIFIERS[di] }, diOrder, sequence };
  switch (message.kind) {
    case 'metering': {
      const { values, time, status } = message.metering;
      return { ...identified, values: values.map(asValue), ...(time ? { time } : {}), status };
    }
    case 'address':
      return { ...identified, values: [{ name: { zh: '通信地址', en: 'Address' }, value: address }] };
    default:
      return { ...identified, ...(message.payload.length > 0 ? { data: spacedHex(message.payload) } : {}) };
  }
}

const IDENTIFIERS: Readonly<Record<string, { zh: string; en: string }>> = {
  '901F': { zh: '计量数据', en: 'Current values' },
  '810A': { zh: '通信地址', en: 'Address' },
};

function asValue({ zh, en, value, unit, quantity, converted }: Cjt188Value): FrameValue {
  return {
    name: { zh, en },
    value: value ?? null,
    ...(unit ? { unit } : {}),
    ...(quantity ? { quantity } : {}),
    ...(converted ? { converted } : {}),
  };
}
