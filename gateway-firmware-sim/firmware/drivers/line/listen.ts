import { ReadError } from '../driver.ts';
import type { DisturbanceObserver, Exchange } from './bus.ts';

export interface Listening<T> {
  /** The accepted answer; rejects with a ReadError. */
  answer: Promise<T>;
  push(chunk: Buffer): void;
  /** The channel is gone. */
  closed(): void;
}

interface ListenOptions {
  key: string;
  gapMs: number;
  observe: DisturbanceObserver;
  signal: AbortSignal;
}

/**
 * Waits for the answer to one request among whatever a line brings: takes off the echo of the request, feeds the parser,
 * ends it on silence so that a good frame behind a broken one comes out, passes over frames of others, and gives up at
 * the time-out. Bytes that were no good frame make the failure `read-garbage`, silence (or only others talking)
 * `read-timeout`.
 */
export function listen<F, T>(exchange: Exchange<F, T>, options: ListenOptions): Listening<T> {
  const { parser, accept, timeoutMs } = exchange;
  const { key, gapMs, observe, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const echo = echoFilter(exchange.request, () => observe('echo', 1));
  const deadline = performance.now() + timeoutMs;
  let foreign = 0;
  let lastByteAt = Number.NEGATIVE_INFINITY;
  let settled = false;
  let gap: NodeJS.Timeout | undefined;

  const settle = (finish: () => void) => {
    if (settled) return;
    settled = true;
    clearTimeout(gap);
    clearTimeout(timer);
    signal.removeEventListener('abort', closed);
    const { errors } = parser.counters;
    const damaged = Object.values(errors).reduce((sum, count) => sum + count, 0);
    if (damaged > 0) observe('damaged', damaged);
    if (foreign > 0) observe('foreign', foreign);
    finish();
  };
  const fail = (error: ReadError) => settle(() => reject(error));

  const take = (frames: readonly F[]) => {
    for (const frame of frames) {
      if (settled) foreign += 1;
      else judge(frame);
    }
  };
  const judge = (frame: F) => {
    try {
      const answer = accept(frame);
      if (answer === undefined) foreign += 1;
      else settle(() => resolve(answer));
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      fail(cause instanceof ReadError ? cause : new ReadError('read-garbage', `${key}: ${detail}`, { cause }));
    }
  };
  const silence = () => {
    take(parser.push(echo.rest()));
    take(parser.end());
  };

  const giveUp = () => {
    const now = performance.now();
    // A frame that is coming in may end, but a babbling line does not hold up the bus for more than twice the time.
    if (parser.heldBytes > 0 && now - lastByteAt < gapMs && now < deadline + timeoutMs) {
      timer = setTimeout(giveUp, gapMs);
      return;
    }
    silence();
    const bad = Object.keys(parser.counters.errors).length > 0 || parser.counters.skippedBytes > 0;
    const others = foreign > 0 ? `; ${foreign} frames of others were heard` : '';
    fail(
      bad
        ? new ReadError('read-garbage', `${key}: bytes came, but no good answer${others}`)
        : new ReadError('read-timeout', `${key}: no answer within ${timeoutMs} ms${others}`),
    );
  };
  const closed = () => fail(new ReadError('read-disconnected', `${key} closed the connection`));
  let timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', closed, { once: true });

  return {
    answer: promise,
    closed,
    push(chunk) {
      lastByteAt = performance.now();
      clearTimeout(gap);
      take(parser.push(echo.through(chunk)));
      if (!settled) gap = setTimeout(silence, gapMs);
    },
  };
}

const NOTHING = Buffer.alloc(0);

/** Many RS-485 adapters hear themselves: if the line begins with the request itself, that is no answer. */
function echoFilter(request: Buffer, onEcho: () => void) {
  let held: Buffer | undefined = NOTHING;
  return {
    through(chunk: Buffer): Buffer {
      if (!held) return chunk;
      const all = Buffer.concat([held, chunk]);
      const compared = Math.min(all.length, request.length);
      if (!all.subarray(0, compared).equals(request.subarray(0, compared))) {
        held = undefined;
        return all;
      }
      held = all.length < request.length ? all : undefined;
      if (held) return NOTHING;
      onEcho();
      return all.subarray(request.length);
    },
    /** What was held back as a possible echo and did not become one. */
    rest(): Buffer {
      const rest = held ?? NOTHING;
      held = undefined;
      return rest;
    },
  };
}
