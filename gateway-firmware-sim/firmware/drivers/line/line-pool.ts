import { GanzhiError } from '@ganzhi/schemas';
import type { Held } from '../unit.ts';
import { type DisturbanceObserver, type LineBus, openLineBus } from './bus.ts';
import { tcpChannel } from './channel.ts';
import { type SerialSettings, serialChannel } from './serial-channel.ts';

/** A bus as configured. */
export type LineSettings = { pauseMs: number } & (
  | { kind: 'tcp'; host: string; port: number }
  | ({ kind: 'serial' } & SerialSettings)
);

/** One bus per serial port or (host, port), opened with its first meter and closed with its last. */
export interface LinePool {
  /** @throws GanzhiError `config-invalid` when the same line was configured with other settings before */
  line(settings: LineSettings): { bus: string; acquire: () => Held<LineBus> };
}

export function createLinePool(observe?: DisturbanceObserver): LinePool {
  const known = new Map<string, string>();
  const held = new Map<string, { bus: LineBus; users: number }>();

  const acquire = (key: string, settings: LineSettings): Held<LineBus> => {
    const entry = held.get(key) ?? { bus: openBus(key, settings, observe), users: 0 };
    entry.users += 1;
    held.set(key, entry);
    return {
      source: entry.bus,
      async release() {
        entry.users -= 1;
        if (entry.users > 0) return;
        held.delete(key);
        await entry.bus.close();
      },
    };
  };

  return {
    line(settings) {
      const key = settings.kind === 'tcp' ? `tcp:${settings.host}:${settings.port}` : `serial:${settings.path}`;
      const text = JSON.stringify(settings);
      if ((known.get(key) ?? text) !== text) {
        throw new GanzhiError(
          'config-invalid',
          `Line ${key} is configured twice, differently: one bus has one setting`,
        );
      }
      known.set(key, text);
      return { bus: key, acquire: () => acquire(key, settings) };
    },
  };
}

function openBus(key: string, settings: LineSettings, observe: DisturbanceObserver | undefined): LineBus {
  const { pauseMs } = settings;
  const open = settings.kind === 'tcp' ? tcpChannel(settings) : serialChannel(settings);
  return openLineBus({ key, open, pauseMs, ...(observe ? { observe } : {}) });
}
