import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMbapReader, encodeMbap } from './mbap.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ANSWER = bytes('00 07 00 00 00 05 11 03 02 00 01');
const FRAME = { transaction: 7, unit: 0x11, pdu: bytes('03 02 00 01') };

test('frames are found through packets of any size', () => {
  expect(encodeMbap(FRAME)).toEqual(ANSWER);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), (size) => {
      const reader = createMbapReader();
      const stream = Buffer.concat([ANSWER, ANSWER, ANSWER.subarray(0, 9)]);
      const frames = [];
      for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)));
      expect(frames).toEqual([FRAME, FRAME]);
      expect({ lost: reader.isLost(), inside: reader.isInside() }).toEqual({ lost: false, inside: true });
      expect(reader.push(ANSWER.subarray(9))).toEqual([FRAME]);
      expect(reader.isInside()).toBe(false);
    }),
  );
});

test.each([
  ['another protocol', '00 07 00 01 00 05 11 03 02 00 01'],
  ['a length that none has', '00 07 00 00 01 05 11 03 02 00 01'],
  ['no length', '00 07 00 00 00 00 11 03 02 00 01'],
  ['zeros', '00'.repeat(4_000)],
])('%s is damage, and nothing behind it counts', (_, hex) => {
  const reader = createMbapReader();
  expect(reader.push(bytes(hex))).toEqual([]);
  expect(reader.isLost()).toBe(true);
  expect(reader.push(ANSWER)).toEqual([]);
});

test('no bytes throw, and none are kept beyond a frame', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (chunks) => {
      const reader = createMbapReader();
      for (const chunk of chunks)
        for (const { pdu } of reader.push(Buffer.from(chunk))) expect(pdu.length).toBeLessThan(254);
    }),
  );
});
