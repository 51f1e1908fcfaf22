import { judge, type Layout, maxFrameBytes, PREAMBLE, START } from './envelope.ts';
import type { FrameErrorCode } from './frame-error.ts';

export interface StreamCounters {
  /** Good frames. */
  frames: number;
  /** Bytes outside good frames, waking bytes apart. */
  skippedBytes: number;
  /** Starts that turned out to be no frame, by reason. */
  errors: Partial<Record<FrameErrorCode, number>>;
}

/** Finds frames in bytes as a line delivers them. Never throws; holds at most one unfinished frame. */
export interface StreamParser<F> {
  /** Takes bytes, gives the frames they complete. */
  push(chunk: Uint8Array): F[];
  /**
   * The line went silent: what is still held will not be completed. A half frame is counted, and a good frame that hid
   * behind it comes out.
   */
  end(): F[];
  readonly counters: Readonly<StreamCounters>;
  readonly heldBytes: number;
}

/**
 * Scans for 68H; a start that is no frame costs one byte, so that a good frame inside a bad one, or after half a one, is
 * found. The next slave's answer is therefore never lost to the previous one's noise.
 */
export function createStreamParser<F>(layout: Layout<F>): StreamParser<F> {
  const counters: StreamCounters = { frames: 0, skippedBytes: 0, errors: {} };
  const slice = maxFrameBytes(layout);
  let held: Buffer = Buffer.alloc(0);

  const skip = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) if (held[at] !== PREAMBLE) counters.skippedBytes += 1;
  };

  const scan = (complete: boolean): F[] => {
    const found: F[] = [];
    let at = 0;
    for (;;) {
      const start = held.indexOf(START, at);
      skip(at, start < 0 ? held.length : start);
      at = start < 0 ? held.length : start;
      if (start < 0) break;
      const verdict = judge(layout, held.subarray(start));
      if (verdict === 'frame-short' && !complete) break;
      if (typeof verdict === 'number') {
        counters.frames += 1;
        found.push(layout.read(held.subarray(start, start + verdict)));
        at = start + verdict;
      } else {
        counters.errors[verdict] = (counters.errors[verdict] ?? 0) + 1;
        skip(start, start + 1);
        at = start + 1;
      }
    }
    held = Buffer.from(held.subarray(at));
    return found;
  };

  return {
    push(chunk) {
      const found: F[] = [];
      // In slices, so that a burst of any size is held one frame at a time.
      for (let from = 0; from < chunk.length; from += slice) {
        held = Buffer.concat([held, chunk.subarray(from, from + slice)]);
        found.push(...scan(false));
      }
      return found;
    },
    end: () => scan(true),
    counters,
    get heldBytes() {
      return held.length;
    },
  };
}
