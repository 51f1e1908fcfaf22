import type { Logger } from 'pino';
import { type OpcUaLink, openOpcUaLink } from './link.ts';

export interface HeldLink {
  link: OpcUaLink;
  release(): Promise<void>;
}

/** One session per server and security mode, closed when the last meter lets go. */
export interface SessionPool {
  acquire(endpointUrl: string, security: 'sign-and-encrypt' | 'none'): HeldLink;
}

export function createSessionPool(pkiDir: string, logger: Logger): SessionPool {
  const held = new Map<string, { link: OpcUaLink; users: number }>();
  return {
    acquire(endpointUrl, security) {
      const key = `${security} ${endpointUrl}`;
      const entry = held.get(key) ?? { link: openOpcUaLink({ endpointUrl, security, pkiDir, logger }), users: 0 };
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
