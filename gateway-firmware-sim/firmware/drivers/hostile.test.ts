import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MeterConfig } from '@ganzhi/schemas';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { type OnBytes, startLineServer } from '../../testing/line-server.ts';
import { hasPseudoTerminals, startPseudoTerminal } from '../../testing/pseudo-terminal.ts';
import { FrameError } from '../frame/wire/index.ts';
import { decodeCjt188, encodeCjt188 } from './cjt188/index.ts';
import { decodeDlt645, encodeDlt645 } from './dlt645/index.ts';
import type { MeterDriver } from './driver.ts';
import { createDriverFactory } from './index.ts';
import { decodeRtu, decodeTcp, encodeRtu } from './modbus/rtu-adu.ts';

/** What a bus can say instead of the answer, tried on every driver: it is counted, never believed, and does not stay. */
const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-hostile-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const TIMEOUT_MS = 150;
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

interface Language {
  template: string;
  quantity: string;
  value: number;
  /** How the meter is reached, but for host and port or path. */
  connection: object;
  /** The right answer, or that of another meter on the bus. */
  answer(request: Buffer, as: 'itself' | 'another'): Buffer;
  /** What somebody else says to everybody. */
  broadcast: Buffer;
  /** The byte whose damage can be seen, where no checksum covers all of them: TCP has its own. */
  guarded?: number;
}

const tcpFrame = (transaction: number, unit: number, pdu: Buffer) => {
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header[6] = unit;
  return Buffer.concat([header, pdu]);
};
/** 100 kWh as a float in two registers. */
const HUNDRED = bytes('04 04 42 C8 00 00');
const MODBUS = { template: 'eastron-sdm630', quantity: 'energy.import', value: 100 };

const LANGUAGES: Record<string, Language> = {
  'modbus-tcp': {
    ...MODBUS,
    connection: { protocol: 'modbus-tcp', unit: 7, timeoutMs: TIMEOUT_MS },
    answer(request, as) {
      const { transaction = 0, unit } = decodeTcp(request);
      return tcpFrame(transaction, as === 'itself' ? unit : unit + 1, HUNDRED);
    },
    broadcast: tcpFrame(0, 0, bytes('06 00 01 00 03')),
    guarded: 2,
  },
  'modbus-rtu': {
    ...MODBUS,
    connection: { protocol: 'modbus-rtu', unit: 7, timeoutMs: TIMEOUT_MS },
    answer: (request, as) => encodeRtu(decodeRtu(request).unit + (as === 'itself' ? 0 : 1), HUNDRED),
    broadcast: encodeRtu(0, bytes('06 00 01 00 03')),
  },
  dlt645: {
    template: 'generic-dlt645-single-phase',
    quantity: 'energy.import',
    value: 12_345.67,
    connection: { protocol: 'dlt645', address: '000000123456', timeoutMs: TIMEOUT_MS },
    answer: (request, as) =>
      encodeDlt645({
        address: as === 'itself' ? decodeDlt645(request).address : '000000999999',
        control: 0x91,
        data: bytes('00 00 01 00 67 45 23 01'),
      }),
    broadcast: encodeDlt645({ address: '999999999999', control: 0x08, data: bytes('00 30 12 23 11 26') }),
  },
  cjt188: {
    template: 'generic-cjt188-water',
    quantity: 'water.volume',
    value: 556_677,
    connection: { protocol: 'cjt188', address: '78330011223344', timeoutMs: TIMEOUT_MS },
    answer(request, as) {
      const { type, address, data } = decodeCjt188(request);
      const head = data.subarray(0, 3);
      const content = bytes('00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84');
      return encodeCjt188({
        type,
        address: as === 'itself' ? address : '78330011223399',
        control: 0x81,
        data: Buffer.concat([head, content]),
      });
    },
    broadcast: encodeCjt188({ type: 0x10, address: 'AAAAAAAAAAAAAA', control: 0x04, data: bytes('A0 15 00') }),
  },
};

const NUISANCES: Record<string, (language: Language, request: Buffer) => Buffer> = {
  'no byte': () => Buffer.alloc(0),
  'one byte': () => bytes('68'),
  '65,536 zero bytes': () => Buffer.alloc(65_536),
  '65,536 bytes that look like starts': () => Buffer.alloc(65_536, 0x68),
  'a broadcast of somebody else': ({ broadcast }) => broadcast,
  'the answer of another meter': ({ answer }, request) => answer(request, 'another'),
  'the right answer cut short': ({ answer }, request) => answer(request, 'itself').subarray(0, -3),
  'the right answer with a bit turned over': ({ answer, guarded }, request) => {
    const frame = Buffer.from(answer(request, 'itself'));
    const at = guarded ?? frame.length - 4;
    frame[at] = (frame[at] ?? 0) ^ 0x10;
    return frame;
  },
};

interface Bus {
  driver: MeterDriver;
  disturbances: Map<string, number>;
  /** What the bus says to a request from now on. */
  speak: (reply: (request: Buffer) => Buffer | Promise<Buffer>) => void;
}

async function busOf({ name, language, serial }: Variant, atEnd: (undo: () => Promise<void>) => void): Promise<Bus> {
  let speak: (request: Buffer) => Buffer | Promise<Buffer> = (request) => language.answer(request, 'itself');
  const onBytes: OnBytes = async (request, reply) => {
    try {
      const answer = await speak(request);
      if (answer.length > 0) reply(answer);
    } catch (cause) {
      // On a busy machine two requests may arrive as one piece: the meter understands neither, and is asked again.
      if (!(cause instanceof FrameError)) throw cause;
    }
  };
  const disturbances = new Map<string, number>();
  const factory = createDriverFactory({ dataDir }, pino({ level: 'silent' }), {
    onDisturbance: (kind, count) => {
      disturbances.set(kind, (disturbances.get(kind) ?? 0) + count);
    },
  });
  const place = async () => {
    if (serial) {
      const terminal = await startPseudoTerminal(onBytes);
      atEnd(() => terminal.stop());
      return { line: { kind: 'serial', path: terminal.path, pauseMs: 0 } };
    }
    const server = await startLineServer(onBytes);
    atEnd(() => server.stop());
    const where = { host: '127.0.0.1', port: server.port };
    return name === 'modbus-tcp' ? where : { line: { kind: 'tcp', ...where, pauseMs: 0 } };
  };
  const driver = factory(
    MeterConfig.parse({
      code: 'M1',
      template: language.template,
      points: [language.quantity],
      connection: { ...language.connection, ...(await place()) },
    }),
  );
  atEnd(() => driver.close());
  await driver.open();
  return {
    driver,
    disturbances,
    speak(reply) {
      speak = reply;
    },
  };
}

interface Variant {
  name: string;
  language: Language;
  serial: boolean;
}
const VARIANTS = Object.entries(LANGUAGES).flatMap(([name, language]): Variant[] => [
  { name, language, serial: false },
  ...(name === 'modbus-tcp' || !hasPseudoTerminals() ? [] : [{ name, language, serial: true }]),
]);

/** The meter answers as it should; the back-off may keep it away for some scans. */
async function readSound({ driver, speak }: Bus, language: Language) {
  speak((request) => language.answer(request, 'itself'));
  for (let scan = 0; scan < 12; scan += 1) {
    const { values } = await driver.read();
    if (values.length > 0) return expect(values.map(({ value }) => value)).toEqual([language.value]);
  }
  return expect.fail('the meter was not read again');
}

// Beside each other: they mostly wait for time-outs.
test.concurrent.for(VARIANTS)('$name, serial port: $serial', async (variant, { onTestFinished }) => {
  const { language } = variant;
  const undo: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const step of undo.reverse()) await step();
  });
  const bus = await busOf(variant, (step) => undo.push(step));
  const sound = () => readSound(bus, language);
  for (const [what, nuisance] of Object.entries(NUISANCES)) {
    await sound();
    bus.disturbances.clear();
    bus.speak((request) => nuisance(language, request));
    const { values, failures } = await bus.driver.read();
    expect({ what, values }).toEqual({ what, values: [] });
    expect(failures.map(({ quantity }) => quantity)).toEqual([language.quantity]);
    expect(['read-timeout', 'read-garbage', 'read-disconnected']).toContain(failures[0]?.code);
    const isCounted = bus.disturbances.size > 0 || failures[0]?.code === 'read-garbage';
    expect({ what, isCounted }).toEqual({ what, isCounted: what !== 'no byte' });
  }
  await sound();
});

test.concurrent.for(VARIANTS)('$name, serial port: $serial: a late answer', async (variant, { onTestFinished }) => {
  const { language } = variant;
  const undo: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const step of undo.reverse()) await step();
  });
  const bus = await busOf(variant, (step) => undo.push(step));
  // Two requests in the first scan (a healthy unit is asked twice); both answers come behind their time-outs.
  bus.speak(async (request) => {
    await delay(TIMEOUT_MS * 3);
    return language.answer(request, 'itself');
  });
  const { values } = await bus.driver.read();
  expect(values).toEqual([]);
  await delay(TIMEOUT_MS * 4);
  await readSound(bus, language);
  expect(bus.disturbances.size).toBeGreaterThan(0);
});
