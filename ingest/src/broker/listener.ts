import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { MINUTE, SECOND } from '@ganzhi/schemas';
import type { FrameFault } from './frame-limit.ts';
import { Link } from './link.ts';

const MAX_CONNECTIONS = 20_000;
const HANDSHAKE_MS = 10 * SECOND;

/** Key and certificate of the broker, PEM. */
export interface TlsIdentity {
  key: string;
  cert: string;
}

export interface ListenerOptions {
  /** Gives the connection to the broker. */
  handle: (socket: Socket, link: Link) => void;
  /** Told why a connection was cut. */
  onFault: (fault: FrameFault) => void;
  /** TLS 1.2 or newer; a client may present a certificate, and is judged by its fingerprint, not by its issuer. */
  tls?: TlsIdentity | undefined;
}

/** The TCP side of the broker, plain or with TLS. */
export function createListener({ handle, onFault, tls }: ListenerOptions): Server {
  const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: MINUTE };
  const accept = (socket: Socket): void => handle(socket, new Link(socket, onFault));
  const server = tls
    ? createTlsServer(
        {
          ...socketOptions,
          ...tls,
          minVersion: 'TLSv1.2',
          requestCert: true,
          rejectUnauthorized: false,
          handshakeTimeout: HANDSHAKE_MS,
        },
        accept,
      )
    : createServer(socketOptions, accept);
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}
