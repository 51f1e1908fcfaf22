import net from 'node:net';
import { ReadError } from '../driver.ts';

/** Bytes to and from a bus. One listener each: the bus that owns it. */
export interface ByteChannel {
  readonly isOpen: boolean;
  write(bytes: Uint8Array): void;
  onData(listener: (chunk: Buffer) => void): void;
  onClose(listener: () => void): void;
  close(): Promise<void>;
}

/** Connects anew; a channel that has closed does not come back. Rejects with a ReadError `read-disconnected`. */
export type OpenChannel = () => Promise<ByteChannel>;

export interface TcpAddress {
  host: string;
  port: number;
}

/** A serial server (串口服务器) that passes bytes as they are. */
export const tcpChannel =
  ({ host, port }: TcpAddress, connectTimeoutMs = 3_000): OpenChannel =>
  async () => {
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
    socket.on('error', () => undefined); // 'close' follows and is what counts
    return {
      get isOpen() {
        return !socket.destroyed && socket.readyState === 'open';
      },
      write: (bytes) => void socket.write(bytes),
      onData: (listener) => void socket.on('data', listener),
      onClose: (listener) => void socket.once('close', listener),
      close: () =>
        new Promise((resolve) => {
          if (socket.closed) resolve();
          else socket.once('close', () => resolve()).destroy();
        }),
    };
  };
