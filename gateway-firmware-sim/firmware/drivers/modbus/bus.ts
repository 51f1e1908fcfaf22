import net from 'node:net';
import modbusSerial from 'modbus-serial';
import { ReadError } from '../driver.ts';
import type { DisturbanceObserver } from '../line/bus.ts';
import { exceptionError } from './exception-error.ts';
import { type TcpWatch, watchTcp } from './tcp-watch.ts';

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

// modbus-serial is CommonJS with its class under `default`.
const ModbusRTU = modbusSerial.default;

type Link = { socket: net.Socket; client: InstanceType<typeof ModbusRTU>; closed: Promise<never>; watch: TcpWatch };

/**
 * One TCP connection and one queue for one (host, port): all units behind it share both.
 *
 * modbus-serial keeps the unit id as shared state and does not reconnect, so requests go one at a time, `setID` and the
 * read stand in the same tick, and a new connection gets a new client. A time-out in which bytes did arrive means that
 * the framing is lost; then the connection is dropped, so that the next unit starts clean.
 */
export function openModbusBus(options: BusOptions): ModbusBus {
  const { host, port, timeoutMs = 1_000, connectTimeoutMs = 3_000, connectPauseMs = 2_000 } = options;
  const observe: DisturbanceObserver = (kind, count) => {
    if (count > 0) options.observe?.(kind, count);
  };
  let link: Link | undefined;
  let connectFailedAt = Number.NEGATIVE_INFINITY;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  const connected = async (): Promise<Link> => {
    if (closed) throw new ReadError('read-disconnected', `${host}:${port} is closed`);
    if (link && !link.socket.destroyed) return link;
    if (performance.now() - connectFailedAt < connectPauseMs) {
      throw new ReadError('read-disconnected', `${host}:${port} did not accept a connection just now`);
    }
    try {
      link = await connect(host, port, connectTimeoutMs, timeoutMs);
      return link;
    } catch (cause) {
      connectFailedAt = performance.now();
      throw cause;
    }
  };

  const readNow: RegisterSource['read'] = async (unit, fc, address, length) => {
    const { socket, client, closed: dropped, watch } = await connected();
    // What came while nothing was asked is an answer too late.
    observe('foreign', watch.take().frames.length);
    const bytesBefore = socket.bytesRead;
    client.setID(unit);
    const answer = fc === 3 ? client.readHoldingRegisters(address, length) : client.readInputRegisters(address, length);
    answer.catch(() => undefined);
    try {
      const { buffer } = await Promise.race([answer, dropped]);
      if (buffer.length !== length * 2)
        throw new ReadError('read-garbage', `${buffer.length} bytes for ${length} registers`);
      const { frames, damaged } = watch.take();
      observe('foreign', frames.length - 1);
      if (damaged > 0) {
        observe('damaged', damaged);
        throw new EnvelopeError('read-garbage', 'The answer has an envelope that is not Modbus');
      }
      return buffer;
    } catch (cause) {
      const { frames, damaged } = watch.take();
      observe('foreign', frames.filter((frame) => frame.unit !== unit).length);
      observe('damaged', damaged);
      const failure = classify(cause, socket.bytesRead > bytesBefore);
      if (failure.lostFraming) socket.destroy();
      throw failure.error;
    }
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
      link?.socket.destroy();
      await queue;
    },
  };
}

async function connect(host: string, port: number, connectTimeoutMs: number, timeoutMs: number): Promise<Link> {
  const socket = net.connect({ host, port, noDelay: true, keepAlive: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const settle = (error?: Error) => {
      clearTimeout(timer);
      if (error) reject(new ReadError('read-disconnected', `${host}:${port}: ${error.message}`, { cause: error }));
      else resolve();
    };
    socket.once('connect', () => settle());
    socket.once('error', settle);
  });
  const closed = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(new ReadError('read-disconnected', `${host}:${port} closed the connection`)));
  });
  closed.catch(() => undefined);
  socket.on('error', () => undefined); // 'close' follows and is what counts
  const watch = watchTcp();
  socket.on('data', (chunk: Buffer) => watch.push(chunk));
  const client = new ModbusRTU();
  client.on('error', () => socket.destroy());
  client.setTimeout(timeoutMs);
  await client.linkTCP(socket, { port });
  return { socket, client, closed, watch };
}

/** Behind a damaged envelope the stream cannot be read on. */
class EnvelopeError extends ReadError {}

/** What a rejected read means. modbus-serial's errors are told apart by `modbusCode` (exception) and name (time-out). */
function classify(cause: unknown, bytesArrived: boolean): { error: ReadError; lostFraming: boolean } {
  if (cause instanceof ReadError) return { error: cause, lostFraming: cause instanceof EnvelopeError };
  const { name, message, modbusCode } = cause as { name?: string; message?: string; modbusCode?: number };
  const error = (code: ReadError['code']) => new ReadError(code, message ?? String(cause), { cause });
  if (modbusCode !== undefined) {
    return { error: exceptionError(modbusCode, message ?? String(cause), cause), lostFraming: false };
  }
  if (name === 'PortNotOpenError') return { error: error('read-disconnected'), lostFraming: true };
  if (name === 'TransactionTimedOutError') {
    return bytesArrived
      ? { error: error('read-garbage'), lostFraming: true }
      : { error: error('read-timeout'), lostFraming: false };
  }
  return { error: error('read-garbage'), lostFraming: false };
}
