import { MAX_MESSAGE_BYTES } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectFrame, PINGREQ, publishFrame } from '../../test/frames.ts';
import { type FrameFault, FrameLimit } from './frame-limit.ts';

const CONNECT = connectFrame('GW-1', 'token');
const publish = (bytes: number): Buffer => publishFrame('ganzhi/v1/GW-1/up/telemetry', bytes);

const faultOf = (chunks: readonly Buffer[]): FrameFault | undefined => {
  const limit = new FrameLimit();
  for (const chunk of chunks) {
    const fault = limit.accept(chunk);
    if (fault) return fault;
  }
  return undefined;
};

test('frames pass however the network cuts them', () => {
  const stream = Buffer.concat([CONNECT, publish(0), publish(200), publish(20_000), PINGREQ]);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((end, k) => stream.subarray(edges[k], end));
      expect(faultOf(chunks)).toBeUndefined();
    }),
  );
});

test('the largest message passes, a larger frame is cut at its header', () => {
  expect(faultOf([CONNECT, publish(MAX_MESSAGE_BYTES)])).toBeUndefined();
  expect(faultOf([CONNECT, publish(MAX_MESSAGE_BYTES + 2_000).subarray(0, 5)])).toBe('oversize');
});

test('a stranger gets no room before the connect, and no more than it needs for it', () => {
  expect(faultOf([publish(1)])).toBe('not-mqtt');
  expect(faultOf([Buffer.from('GET / HTTP/1.1')])).toBe('not-mqtt');
  expect(faultOf([Buffer.from([0x10, 0xff, 0x7f])])).toBe('oversize');
});
