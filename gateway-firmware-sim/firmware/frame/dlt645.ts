import { type Dlt645Message, decodeDlt645, findItem, readMessage, readValues } from '../drivers/dlt645/index.ts';
import { explained, type FrameMeaning, type FrameValue, failure } from './meaning.ts';
import { hexByte, meterTime, spacedHex } from './wire/index.ts';

/**
 * The meaning of a DL/T 645 frame of either edition.
 *
 * @throws FrameError when the envelope is wrong
 */
export function describeDlt645(bytes: Buffer): FrameMeaning {
  const frame = decodeDlt645(bytes);
  const known: FrameMeaning = {
    protocol: 'dlt645',
    address: frame.address,
    direction: frame.control & 0x80 ? 'reply' : 'request',
    control: { code: hexByte(frame.control), name: 'unknown' },
  };
  return explained(known, () => {
    const message = readMessage(frame);
    const { name, version, more } = message.control;
    return {
      version,
      control: { code: hexByte(frame.control), name },
      ...(more ? { moreFollows: true } : {}),
      ...contents(message),
    };
  });
}

function contents(message: Dlt645Message): Partial<FrameMeaning> {
  switch (message.kind) {
    case 'data': {
      const { di, payload, sequence, control } = message;
      const numbered = sequence === undefined ? {} : { sequence };
      // A part of a longer answer may end within an item: it has a meaning only together with its neighbours.
      const inParts = control.more || sequence !== undefined;
      const values = inParts ? undefined : readValues(di, payload)?.map(asValue);
      return { identifier: identifier(di), ...numbered, ...(values ? { values } : { data: spacedHex(payload) }) };
    }
    case 'refused': {
      const reasons = message.reasons.map(({ name, zh, en }) => ({ code: name, zh, en }));
      const said = message.reasons.map(({ name }) => name).join(', ') || 'no reason';
      return {
        error: failure('read-refused', `The meter refused (error byte ${hexByte(message.byte)}): ${said}.`, reasons),
      };
    }
    case 'address':
      return { values: [{ name: { zh: '通信地址', en: 'Address' }, value: message.address }] };
    case 'request':
      return {
        ...(message.di ? { identifier: identifier(message.di) } : {}),
        ...(message.sequence === undefined ? {} : { sequence: message.sequence }),
      };
    case 'time-sync': {
      const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = message.payload;
      const time = meterTime({ year: 0x2000 + year, month, day, hour, minute, second });
      return { values: [{ name: { zh: '校时时间', en: 'Time to set' }, value: time ?? null }] };
    }
    case 'other':
      return message.payload.length > 0 ? { data: spacedHex(message.payload) } : {};
  }
}

function identifier(di: string): NonNullable<FrameMeaning['identifier']> {
  const item = findItem(di);
  return { code: di, ...(item ? { zh: item.zh, en: item.en } : {}) };
}

function asValue({ item, value, at }: NonNullable<ReturnType<typeof readValues>>[number]): FrameValue {
  return {
    name: { zh: item.zh, en: item.en },
    value: value ?? null,
    ...(item.unit ? { unit: item.unit } : {}),
    ...(item.quantity ? { quantity: item.quantity } : {}),
    identifier: item.di,
    ...(at ? { at } : {}),
  };
}
