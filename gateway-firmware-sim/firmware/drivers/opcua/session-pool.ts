import type { Connection } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import { type OpcUaLink, openOpcUaLink } from './link.ts';

export interface HeldLink {
  link: OpcUaLink;
  release(): Promise<void>;
}

/** A server and how it is spoken to. */
export type OpcUaServer = Pick<Extract<Connection, { protocol: 'opcua' }>, 'endpointUrl' | 'security' | 'mode'>;

/** One session per server and way of speaking to it, closed when the last meter lets go. */
export interface SessionPool {
  acquire(server: OpcUaServer): HeldLink;
}

export function createSessionPool(pkiDir: string, logger: Logger): SessionPool {
  const held = new Map<string, { link: OpcUaLink; users: number }>();
  return {
    acquire({ endpointUrl, security, mode }) {
      const key = `${security} ${mode} ${endpointUrl}`;
      const entry = held.get(key) ?? { link: openOpcUaLink({ endpointUrl, security, mode, pkiDir, logger }), users: 0 };
      entry.users += 1;
      held.set(key, entry);
      return {
        link: entry.link,
        async release() {
          entry.users -= 1;
          if (entry.users > 0) return;
          held.delete(key);
          await entry.link.close();
        },
      };
    },
  };
}
