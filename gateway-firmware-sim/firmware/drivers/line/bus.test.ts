import { expect, test } from 'vitest';
import type { StreamParser } from '../../frame/wire/index.ts';
import { openLineBus } from './bus.ts';
import type { OpenChannel } from './channel.ts';

const PAUSE_MS = 30;

/** Any bytes are a frame. */
const anything = (): StreamParser<Uint8Array> => ({
  push: (chunk) => [chunk],
  end: () => [],
  counters: { frames: 0, skippedBytes: 0, errors: {} },
  heldBytes: 0,
});

test('requests go one at a time, with silence between an answer and the next request', async () => {
  const heard: { what: 'request' | 'answer'; at: number }[] = [];
  const open: OpenChannel = async () => {
    let listener: (chunk: Buffer) => void = () => undefined;
    return {
      isOpen: true,
      write(bytes) {
        heard.push({ what: 'request', at: performance.now() });
        setTimeout(() => {
          heard.push({ what: 'answer', at: performance.now() });
          // the request itself would be taken for the adapter's echo
          listener(Buffer.from([(bytes[0] ?? 0) + 100]));
        }, 5);
      },
      onData: (given) => {
        listener = given;
      },
      onClose: () => undefined,
      close: async () => undefined,
    };
  };
  const bus = openLineBus({ key: 'test', open, pauseMs: PAUSE_MS });
  const ask = (byte: number) =>
    bus.exchange({
      request: Buffer.from([byte]),
      parser: anything(),
      accept: (frame) => (frame[0] === byte + 100 ? byte : undefined),
      timeoutMs: 5_000,
    });
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([1, 2, 3]);
  await bus.close();
  expect(heard.map(({ what }) => what)).toEqual(['request', 'answer', 'request', 'answer', 'request', 'answer']);
  // timers count whole milliseconds and may so be early by up to two; the receivers on the line need the rest to turn round
  for (const k of [2, 4]) {
    expect((heard[k]?.at ?? 0) - (heard[k - 1]?.at ?? 0)).toBeGreaterThan(PAUSE_MS - 2);
  }
});
