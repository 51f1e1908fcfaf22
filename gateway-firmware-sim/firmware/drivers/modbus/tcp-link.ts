import net from 'node:net';
import { ReadError } from '../driver.ts';
import type { DisturbanceObserver } from '../line/bus.ts';
import { createMbapReader, encodeMbap } from './mbap.ts';

/** One connection to a Modbus TCP server, one question at a time. */
export interface TcpLink {
  isOpen(): boolean;
  /** @throws ReadError `read-timeout`, `read-disconnected`, `read-garbage` */
  ask(unit: number, pdu: Buffer): Promise<Buffer>;
  close(): void;
}

export interface TcpLinkOptions {
  host: string;
  port: number;
  timeoutMs: number;
  connectTimeoutMs: number;
  observe: DisturbanceObserver;
}

interface Question {
  transaction: number;
  unit: number;
  settle(answer: Buffer | ReadError): void;
}

/** @throws ReadError `read-disconnected` */
export async function connectTcp({
  host,
  port,
  timeoutMs,
  connectTimeoutMs,
  observe,
}: TcpLinkOptions): Promise<TcpLink> {
  const where = `${host}:${port}`;
  const socket = await connected(host, port, connectTimeoutMs);
  const reader = createMbapReader();
  let question: Question | undefined;
  let transaction = 0;

  socket.on('error', () => undefined); // 'close' follows and is what counts
  socket.on('close', () => question?.settle(new ReadError('read-disconnected', `${where} closed the connection`)));
  socket.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      // An answer too late, to another question or of another unit: counted, and the right one is waited for.
      if (frame.transaction !== question?.transaction || frame.unit !== question.unit) observe('foreign', 1);
      else question.settle(frame.pdu);
    }
    if (reader.isLost() && !socket.destroyed) {
      observe('damaged', 1);
      question?.settle(new ReadError('read-garbage', `${where} sent an envelope that is not Modbus`));
      socket.destroy();
    }
  });

  return {
    isOpen: () => !socket.destroyed,
    ask(unit, pdu) {
      transaction = (transaction + 1) % 0x1_0000;
      const asked = transaction;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const half = reader.isInside();
          question?.settle(new ReadError(half ? 'read-garbage' : 'read-timeout', `${where} unit ${unit}: no answer`));
          // The rest of a frame would be taken for the start of the next one.
          if (half) socket.destroy();
        }, timeoutMs);
        question = {
          ...{ transaction: asked, unit },
          settle(answer) {
            clearTimeout(timer);
            question = undefined;
            if (answer instanceof ReadError) reject(answer);
            else resolve(answer);
          },
        };
        if (socket.destroyed) question.settle(new ReadError('read-disconnected', `${where} closed the connection`));
        else socket.write(encodeMbap({ transaction: asked, unit, pdu }));
      });
    },
    close: () => void socket.destroy(),
  };
}

function connected(host: string, port: number, timeoutMs: number): Promise<net.Socket> {
  const socket = net.connect({ host, port, noDelay: true, keepAlive: true });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    const onError = (cause: Error) => {
      clearTimeout(timer);
      reject(new ReadError('read-disconnected', `${host}:${port}: ${cause.message}`, { cause }));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}
