import type { Socket } from 'node:net';
import { SECOND } from '@ganzhi/schemas';
import { type FrameFault, FrameLimit } from './frame-limit.ts';

const PINGREQ = Buffer.from([0xc0, 0x00]);
const PINGRESP = Buffer.from([0xd0, 0x00]);

/**
 * The socket of one client, between the network and the broker: its frames' size is watched before the broker sees a byte, and its
 * keepalive is kept here, because the broker answers no ping while a few publishes wait for their commit: the client would
 * hang up (MQTT 3.1.1 §3.1.2.10) and send all of it again, in the middle of an outage.
 */
export class Link {
  /** As the client asked for, seconds; 0: none. */
  keepaliveS = 0;
  readonly #socket: Socket;
  readonly #limit = new FrameLimit();
  readonly #read: Socket['read'];
  /** Two bytes that were looked at and are no ping: the beginning of something else. */
  #noPing = false;

  /**
   * The broker takes its bytes by `read()` only. A Transform in between would copy every message once more and hide the
   * socket's own back-pressure.
   */
  constructor(socket: Socket, onFault: (fault: FrameFault) => void) {
    this.#socket = socket;
    this.#read = socket.read.bind(socket);
    socket.read = (size?: number) => {
      const chunk: Buffer | null = this.#read(size);
      const fault = chunk === null ? undefined : this.#limit.accept(chunk);
      if (fault === undefined) return chunk;
      onFault(fault);
      socket.destroy();
      return null;
    };
  }

  /** From the accepted connection on: a peer silent for one and a half times its keepalive is gone; pings are answered. */
  keepAlive(): void {
    if (this.keepaliveS === 0) return;
    const socket = this.#socket;
    socket.setTimeout(this.keepaliveS * 1.5 * SECOND, () => socket.destroy(new Error('keep alive timeout')));
    // after the broker's own listener: what it did not take now waits behind held publishes
    socket.on('readable', () => this.#answerPing());
  }

  #answerPing(): void {
    const socket = this.#socket;
    if (socket.readableLength !== PINGREQ.length || !this.#limit.betweenFrames) {
      this.#noPing = false;
      return;
    }
    if (this.#noPing) return;
    const bytes: Buffer | null = this.#read(PINGREQ.length);
    if (bytes?.equals(PINGREQ)) socket.write(PINGRESP);
    else if (bytes) {
      this.#noPing = true;
      socket.unshift(bytes);
    }
  }
}
