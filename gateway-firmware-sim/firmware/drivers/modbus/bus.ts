import { FrameError } from '../../frame/wire/index.ts';
import { ReadError } from '../driver.ts';
import type { DisturbanceObserver } from '../line/bus.ts';
import { exceptionError } from './exception-error.ts';
import { readPdu } from './rtu-pdu.ts';
import { connectTcp, type TcpLink } from './tcp-link.ts';

/** Reads registers of one unit; the Modbus driver's only view of the outside. */
export interface RegisterSource {
  /** @throws ReadError with the failure's code */
  read(unit: number, fc: 3 | 4, address: number, length: number): Promise<Buffer>;
}

export interface ModbusBus extends RegisterSource {
  readonly key: string;
  close(): Promise<void>;
}

export interface BusOptions {
  host: string;
  port: number;
  timeoutMs?: number;
  connectTimeoutMs?: number;
  /** After a failed connect, reads fail at once for so long: a hundred units must not wait for a hundred time-outs. */
  connectPauseMs?: number;
  /** Told of answers that nobody asked for, and of envelopes that are none. */
  observe?: DisturbanceObserver | undefined;
}

/** One TCP connection and one queue for one (host, port): all units behind it share both. */
export function openModbusBus(options: BusOptions): ModbusBus {
  const { host, port, timeoutMs = 1_000, connectTimeoutMs = 3_000, connectPauseMs = 2_000 } = options;
  const { observe = () => undefined } = options;
  let link: TcpLink | undefined;
  let connectFailedAt = Number.NEGATIVE_INFINITY;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  const connected = async (): Promise<TcpLink> => {
    if (closed) throw new ReadError('read-disconnected', `${host}:${port} is closed`);
    if (link?.isOpen()) return link;
    if (performance.now() - connectFailedAt < connectPauseMs) {
      throw new ReadError('read-disconnected', `${host}:${port} did not accept a connection just now`);
    }
    try {
      link = await connectTcp({ host, port, timeoutMs, connectTimeoutMs, observe });
      if (closed) link.close();
      return link;
    } catch (cause) {
      connectFailedAt = performance.now();
      throw cause;
    }
  };

  const readNow: RegisterSource['read'] = async (unit, fc, address, length) => {
    const request = Buffer.from([fc, address >> 8, address & 0xff, length >> 8, length & 0xff]);
    return registersOf(await (await connected()).ask(unit, request), fc, length);
  };

  return {
    key: `modbus-tcp:${host}:${port}`,
    read(unit, fc, address, length) {
      const turn = queue.then(() => readNow(unit, fc, address, length));
      queue = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      closed = true;
      link?.close();
      await queue;
    },
  };
}

/** @throws ReadError the meter's refusal, or `read-garbage` when this is no answer to such a request */
function registersOf(answer: Buffer, fc: 3 | 4, length: number): Buffer {
  try {
    const pdu = readPdu(answer);
    if (pdu.kind === 'exception' && pdu.code === fc) throw exceptionError(pdu.exception, `exception ${pdu.exception}`);
    if (pdu.kind === 'registers' && pdu.code === fc && pdu.data.length === length * 2) return pdu.data;
  } catch (cause) {
    if (!(cause instanceof FrameError)) throw cause;
  }
  throw new ReadError('read-garbage', `${answer.length} bytes are no answer for ${length} registers`);
}
