import { MAX_MESSAGE_BYTES } from '@ganzhi/schemas';

/** A publish is its payload and a little more: topic, packet id. */
const MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 1_024;
/** Codes, token and a last will; a stranger gets no more room than this. */
const MAX_FIRST_FRAME_BYTES = 4_096;
const CONNECT = 0x10;
const MAX_LENGTH_BYTES = 4;

export type FrameFault = 'oversize' | 'not-mqtt';

/**
 * Follows the frames of one MQTT connection (fixed header, MQTT 3.1.1 §2.2) and speaks up before the broker's parser would
 * start to collect a frame of up to 256 MiB in memory. Also sees at the first byte that a peer does not speak MQTT.
 */
export class FrameLimit {
  /** Bytes of the current frame that are still to come. */
  #remaining = 0;
  #length = 0;
  #lengthBytes = -1;
  #limit = MAX_FIRST_FRAME_BYTES;
  #first = true;

  /** True when what was taken so far ends with a whole frame. */
  get betweenFrames(): boolean {
    return this.#remaining === 0 && this.#lengthBytes < 0;
  }

  /** Takes the next bytes of the connection. @returns the fault that ends it, if there is one */
  accept(chunk: Buffer): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const step = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= step;
        at += step;
        continue;
      }
      const fault = this.#header(chunk[at] ?? 0);
      if (fault) return fault;
      at += 1;
    }
    return undefined;
  }

  #header(byte: number): FrameFault | undefined {
    if (this.#lengthBytes < 0) {
      if (this.#first && byte !== CONNECT) return 'not-mqtt';
      this.#first = false;
      this.#length = 0;
      this.#lengthBytes = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if (this.#length > this.#limit) return 'oversize';
    if ((byte & 0x80) !== 0) return this.#lengthBytes >= MAX_LENGTH_BYTES ? 'not-mqtt' : undefined;
    this.#remaining = this.#length;
    this.#lengthBytes = -1;
    this.#limit = MAX_FRAME_BYTES;
    return undefined;
  }
}
