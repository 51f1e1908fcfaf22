import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchTcp } from './tcp-watch.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ANSWER = bytes('00 07 00 00 00 05 11 03 02 00 01');

test('answers are counted with their unit, through packets of any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), (size) => {
      const watch = watchTcp();
      const stream = Buffer.concat([ANSWER, ANSWER, ANSWER.subarray(0, 9)]);
      for (let at = 0; at < stream.length; at += size) watch.push(stream.subarray(at, at + size));
      expect(watch.take()).toEqual({ frames: [{ unit: 0x11 }, { unit: 0x11 }, { unit: 0x11 }], damaged: 0 });
      expect(watch.take()).toEqual({ frames: [], damaged: 0 });
    }),
  );
});

test.each([
  ['another protocol', '00 07 00 01 00 05 11 03 02 00 01'],
  ['a length that none has', '00 07 00 00 01 05 11 03 02 00 01'],
  ['no length', '00 07 00 00 00 00 11 03 02 00 01'],
  ['zeros', '00'.repeat(4_000)],
])('%s is one damage, and nothing behind it counts', (_, hex) => {
  const watch = watchTcp();
  watch.push(bytes(hex));
  watch.push(ANSWER);
  expect(watch.take()).toEqual({ frames: [], damaged: 1 });
});
