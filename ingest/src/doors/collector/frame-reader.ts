import { GanzhiError } from '@ganzhi/schemas';
import type { Framing } from './framing.ts';

/** A packet of one byte costs a hundred in memory until it is joined with others. */
const MANY_CHUNKS = 1_024;

/**
 * Cuts a stream into frames however the network divides it. Bytes are joined rarely, not with every packet, so that a peer
 * that sends them one by one costs no more than others.
 */
export class FrameReader {
  readonly #framing: Pick<Framing, 'headBytes' | 'length'>;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes of the frame that is coming; undefined until its head is there. */
  #wanted: number | undefined;

  constructor(framing: Pick<Framing, 'headBytes' | 'length'>) {
    this.#framing = framing;
  }

  /** True when part of a frame is waiting for the rest. */
  get pending(): boolean {
    return this.#held > 0;
  }

  /**
   * Takes the next bytes.
   *
   * @param limit bytes that a frame may have now
   * @returns whole frames, in order
   * @throws GanzhiError `frame-…`: there is no way to find the next frame, the connection must end
   */
  accept(chunk: Buffer, limit: number): Buffer[] {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#chunks.length > MANY_CHUNKS) this.#joined();
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#held < this.#framing.headBytes) return frames;
        this.#wanted = this.#framing.length(this.#joined());
        if (this.#wanted > limit) throw new GanzhiError('frame-length', `A frame may have ${limit} bytes here.`);
      }
      if (this.#held < this.#wanted) return frames;
      const bytes = this.#joined();
      frames.push(bytes.subarray(0, this.#wanted));
      const rest = bytes.subarray(this.#wanted);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#held = rest.length;
      this.#wanted = undefined;
    }
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const joined = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
