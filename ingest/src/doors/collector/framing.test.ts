import { readdirSync, readFileSync } from 'node:fs';
import { GanzhiError } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { crc16 } from './crc16.ts';
import { FrameReader } from './frame-reader.ts';
import { type Framing, framingOf } from './framing.ts';
import { parseCollectorProfiles } from './profile.ts';
import { challengeAnswer } from './session.ts';

const FOLDER = new URL('../../../testcases/collector-frames/', import.meta.url);
const KEY = '000102030405060708090a0b0c0d0e0f';
const base = { port: 0, allow: ['127.0.0.1'], md5Key: '0123456789ABCDEF' };
const VARIANTS: Readonly<Record<string, object>> = {
  'wrapped cbc zero': { framing: 'wrapped', aes: { mode: 'cbc', key: KEY, padding: 'zero' } },
  'wrapped swapped marks': {
    framing: 'wrapped',
    firstMark: '68681616',
    aes: { mode: 'cbc', key: KEY, iv: 'FnJL7EDzjqWjcaY9', padding: 'pkcs7' },
  },
  'wrapped plain': { framing: 'wrapped', aes: null },
  'typed big': { framing: 'typed', aes: { mode: 'ecb', key: KEY, padding: 'pkcs7' } },
  'typed little plain': { framing: 'typed', aes: null, lengthOrder: 'little' },
  hex: { framing: 'hex', aes: { mode: 'ecb', key: KEY, padding: 'pkcs7' } },
};

function framing(fields: object): Framing {
  const [profile] = parseCollectorProfiles(JSON.stringify([{ ...base, ...fields }]));
  if (!profile) throw new Error('no profile');
  return framingOf(profile);
}

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof GanzhiError) return error.code;
    throw error;
  }
};

test('CRC-16/XMODEM and the challenge are those of the guideline', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0x31c3);
  expect(challengeAnswer('12345678', '0123456789ABCDEF', 'number-first')).toBe('0ea43cab8ed4e3ae7acc9b81cbb7621f');
  expect(challengeAnswer('0123456789ABCDEF', '12345678', 'key-first')).toBe('0ea43cab8ed4e3ae7acc9b81cbb7621f');
});

const Case = z.strictObject({ source: z.string(), profile: z.looseObject({}), frame: z.string(), xml: z.string() });

test.each(readdirSync(FOLDER))('captured: %s', (file) => {
  const known = Case.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  const codec = framing(known.profile);
  const bytes = Buffer.from(known.frame.replaceAll(' ', ''), known.profile.framing === 'hex' ? 'latin1' : 'hex');
  const [frame] = new FrameReader(codec).accept(bytes, 10_000);
  if (!frame) throw new Error('no frame');
  const body = codec.open(frame);
  expect(body.xml.toString('utf8')).toBe(known.xml);
  expect(codec.length(codec.close(body, 'result'))).toBe(codec.close(body, 'result').length);
});

test.each(Object.entries(VARIANTS))('%s: what is closed can be opened, however the network cuts it', (_, fields) => {
  const codec = framing(fields);
  const text = fc.string({ minLength: 1 }).map((inner) => `<root>${inner}</root>`);
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(2_000), { maxLength: 6 }),
      (texts, cuts) => {
        const frames = texts.map((xml, number) => codec.close({ xml: Buffer.from(xml), number }, 'report'));
        const stream = Buffer.concat(frames);
        const reader = new FrameReader(codec);
        const edges = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
        const seen = edges.slice(1).flatMap((end, k) => reader.accept(stream.subarray(edges[k], end), 100_000));
        expect(seen.map((frame) => codec.open(frame).xml.toString('utf8'))).toEqual(texts);
        expect(reader.pending).toBe(false);
      },
    ),
    { numRuns: 40 },
  );
});

test.each(Object.entries(VARIANTS))(
  '%s: bytes that were changed are refused by a code, or read as something else',
  (_, fields) => {
    const codec = framing(fields);
    const good = codec.close({ xml: Buffer.from('<root>value 12.5</root>'), number: 7 }, 'report');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(good);
        bad.writeUInt8(bad.readUInt8(at) ^ flip, at);
        const code = codeOf(() => new FrameReader(codec).accept(bad, 10_000).map((frame) => codec.open(frame)));
        expect(code === undefined || code.startsWith('frame-')).toBe(true);
        // a CRC lets nothing through
        if (codec.headBytes === 8 && 'framing' in fields && fields.framing === 'wrapped' && at >= 8) {
          expect(['frame-checksum', 'frame-end']).toContain(code);
        }
      }),
    );
  },
);

test.each([
  ['wrapped plain', '55aa55aaffffffff', 'frame-length'],
  ['wrapped plain', '55aa55aa03000000', 'frame-length'],
  ['wrapped plain', '6868161604000000', 'frame-start'],
  ['typed big', '1f1f0100ffffff', 'frame-length'],
  ['typed big', '1f1e0100000010', 'frame-start'],
])('%s: a head %s is refused before anything is collected', (name, head, code) => {
  expect(codeOf(() => new FrameReader(framing(VARIANTS[name] ?? {})).accept(Buffer.from(head, 'hex'), 1e6))).toBe(code);
});

test('a frame beyond what the connection may send now is refused at its head', () => {
  const codec = framing(VARIANTS.hex ?? {});
  expect(codeOf(() => new FrameReader(codec).accept(Buffer.from('00002000'), 4_096))).toBe('frame-length');
  expect(codeOf(() => new FrameReader(codec).accept(Buffer.from('no hex!!'), 4_096))).toBe('frame-hex');
});

test('a body of another key is told from one of ours', () => {
  const codec = framing(VARIANTS.hex ?? {});
  const other = framing({ framing: 'hex', aes: { mode: 'ecb', key: 'another-key-1234', padding: 'pkcs7' } });
  const frame = other.close({ xml: Buffer.from('<root/>'), number: 0 }, 'report');
  expect(codeOf(() => codec.open(frame))).toBe('frame-content');
});

test.each([
  ['not json', 'not JSON'],
  ['[]', 'list'],
  ['[{"port":1}]', 'framing'],
  [JSON.stringify([{ ...base, framing: 'wrapped', aes: null, allow: [] }]), '0.allow'],
  [JSON.stringify([{ ...base, framing: 'wrapped', aes: null, allow: ['anywhere'] }]), '0.allow.0'],
  [JSON.stringify([{ ...base, framing: 'hex', aes: null }]), '0.aes'],
  [JSON.stringify([{ ...base, framing: 'wrapped', aes: { mode: 'cbc', key: 'short', padding: 'zero' } }]), '0.aes.key'],
  [JSON.stringify([{ port: 0, allow: ['::1'], framing: 'wrapped', aes: null }]), '0.md5Key'],
  [JSON.stringify([{ ...base, framing: 'wrapped', aes: null, secret: 'x' }]), 'secret'],
])('the profiles %s are refused, and the message names %s and no value', (text, field) => {
  expect(() => parseCollectorProfiles(text)).toThrow(field);
  expect(() => parseCollectorProfiles(text)).not.toThrow('0123456789ABCDEF');
});
