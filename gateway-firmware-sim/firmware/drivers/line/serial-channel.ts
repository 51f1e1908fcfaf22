import { ReadError } from '../driver.ts';
import type { OpenChannel } from './channel.ts';

export interface SerialSettings {
  path: string;
  baudRate: number;
  dataBits: 7 | 8;
  parity: 'none' | 'even' | 'odd';
  stopBits: 1 | 2;
}

/**
 * A serial port of this machine. The library holds a native binding, so it is loaded when the first port is opened: a
 * gateway without serial meters never needs it. Ports are never listed (without udev that ends the process).
 */
export const serialChannel =
  (settings: SerialSettings): OpenChannel =>
  async () => {
    const { SerialPort } = await import('serialport');
    const port = new SerialPort({ ...settings, autoOpen: false });
    port.on('error', () => undefined); // 'close' follows and is what counts
    await new Promise<void>((resolve, reject) => {
      port.open((error) => {
        if (error) reject(new ReadError('read-disconnected', `${settings.path}: ${error.message}`, { cause: error }));
        else resolve();
      });
    });
    return {
      get isOpen() {
        return port.isOpen;
      },
      write: (bytes) => void port.write(Buffer.from(bytes)),
      onData: (listener) => void port.on('data', listener),
      onClose: (listener) => void port.on('close', listener),
      close: () =>
        new Promise((resolve) => {
          if (port.isOpen) port.close(() => resolve());
          else resolve();
        }),
    };
  };
