import { setTimeout as delay } from 'node:timers/promises';
import type { StreamParser } from '../../frame/wire/index.ts';
import { ReadError } from '../driver.ts';
import type { ByteChannel, OpenChannel } from './channel.ts';
import { listen } from './listen.ts';

/**
 * What a line carries besides the answers asked for: good frames of somebody else, starts that were no frame, bytes while
 * nothing was asked, and the adapter's echo of the request.
 */
export type LineDisturbance = 'foreign' | 'damaged' | 'stray-bytes' | 'echo';
export type DisturbanceObserver = (kind: LineDisturbance, count: number) => void;

/** One request and how to know its answer. */
export interface Exchange<F, T> {
  request: Buffer;
  /** A new one for each exchange: what an earlier slave left unfinished is not this one's. */
  parser: StreamParser<F>;
  /**
   * The answer in this frame; undefined when the frame is somebody else's (address, identifier, function compared).
   * Throws a ReadError for a refusal; another error means that the meter's answer makes no sense.
   */
  accept(frame: F): T | undefined;
  /** From the end of sending to the answer's first bytes; a frame that is coming in may end a little later. */
  timeoutMs: number;
}

/** A half-duplex bus on which one asks and one answers. */
export interface LineBus {
  readonly key: string;
  /** @throws ReadError with the failure's code */
  exchange<F, T>(exchange: Exchange<F, T>): Promise<T>;
  close(): Promise<void>;
}

export interface LineBusOptions {
  key: string;
  open: OpenChannel;
  /** Silence before each request: receivers need it to turn round (DL/T 645-2007 §5.3 20 ms, Modbus 3.5 characters). */
  pauseMs?: number;
  /** A frame that stops for so long will not be completed. Serial servers cut frames into packets, hence not shorter. */
  gapMs?: number;
  /** After a failed connect, requests fail at once for so long: a hundred units must not wait for a hundred time-outs. */
  connectPauseMs?: number;
  observe?: DisturbanceObserver;
}

/**
 * One channel and one queue: requests go one at a time in the order of asking, with a pause between them. The channel is
 * opened at the first request and again after it was lost.
 */
export function openLineBus(options: LineBusOptions): LineBus {
  const { key, open, pauseMs = 20, gapMs = 200, connectPauseMs = 2_000, observe = () => undefined } = options;
  const ending = new AbortController();
  let channel: ByteChannel | undefined;
  let connectFailedAt = Number.NEGATIVE_INFINITY;
  let lastTraffic = Number.NEGATIVE_INFINITY;
  let listening: { push(chunk: Buffer): void; closed(): void } | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const connected = async (): Promise<ByteChannel> => {
    if (ending.signal.aborted) throw new ReadError('read-disconnected', `${key} is closed`);
    if (channel?.isOpen) return channel;
    if (performance.now() - connectFailedAt < connectPauseMs) {
      throw new ReadError('read-disconnected', `${key} could not be opened just now`);
    }
    try {
      channel = await open();
    } catch (cause) {
      connectFailedAt = performance.now();
      throw cause;
    }
    channel.onData((chunk) => {
      lastTraffic = performance.now();
      if (listening) listening.push(chunk);
      else observe('stray-bytes', chunk.length);
    });
    channel.onClose(() => listening?.closed());
    return channel;
  };

  const exchangeNow = async <F, T>(exchange: Exchange<F, T>): Promise<T> => {
    const line = await connected();
    const pause = lastTraffic + pauseMs - performance.now();
    if (pause > 0) await delay(pause);
    if (!line.isOpen) throw new ReadError('read-disconnected', `${key} closed the connection`);
    const heard = listen(exchange, { key, gapMs, observe, signal: ending.signal });
    listening = heard;
    line.write(exchange.request);
    try {
      return await heard.answer;
    } finally {
      listening = undefined;
      lastTraffic = performance.now();
    }
  };

  return {
    key,
    exchange(exchange) {
      const turn = queue.then(() => exchangeNow(exchange));
      queue = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      ending.abort();
      await queue;
      await channel?.close();
    },
  };
}
