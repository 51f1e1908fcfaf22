import { join } from 'node:path';
import type { ClientSession, DataValue, NodeId, OPCUAClient } from 'node-opcua-client';
import type { Logger } from 'pino';
import { ReadError } from '../driver.ts';
import { type Feed, openFeed } from './feed.ts';
import { TimeoutError, within } from './within.ts';

export interface LinkOptions {
  endpointUrl: string;
  security: 'sign-and-encrypt' | 'none';
  /** Asks at each read, or lets the server send what changes. */
  mode?: 'poll' | 'subscribe';
  /** In mode `subscribe`: how often the server looks at its values. */
  publishMs?: number;
  /** Own key and trusted certificates; inside the gateway's data folder, or the library would write to the user's home. */
  pkiDir: string;
  logger: Logger;
  timeoutMs?: number;
  /** After a failed connect, reads fail at once for so long. */
  connectPauseMs?: number;
}

/** One OPC UA session to one server, rebuilt from nothing whenever it is in doubt. */
export interface OpcUaLink {
  /**
   * Values of variables below one object.
   *
   * @param object browse path below Objects, `/`-separated, without namespaces
   * @throws ReadError when the server cannot be reached or does not answer
   */
  read(object: string, paths: readonly string[]): Promise<(DataValue | undefined)[]>;
  close(): Promise<void>;
}

interface Live {
  client: OPCUAClient;
  session: ClientSession;
  nodes: Map<string, NodeId | undefined>;
  /** In mode `subscribe`. */
  feed?: Feed;
}

/** Silence after which the library gives up a connection; must outlast the pause between two polls and keep-alives. */
const IDLE_TRANSPORT_MS = 120_000;
const PUBLISH_MS = 1_000;

/**
 * The library's own reconnection after long outages is a known weak spot (node-opcua #960, #1450), so it is switched off:
 * a lost connection, a closed session or an unanswered read drops client and session, and the next read builds new ones.
 * The library (100 MB) is loaded at the first read only.
 */
export function openOpcUaLink(options: LinkOptions): OpcUaLink {
  const { endpointUrl, logger, timeoutMs = 5_000, connectPauseMs = 2_000 } = options;
  let live: Live | undefined;
  let connecting: Promise<Live> | undefined;
  let connectFailedAt = Number.NEGATIVE_INFINITY;
  let lastReason: string | undefined;
  let closed = false;

  const drop = async (dead: Live) => {
    if (live === dead) live = undefined;
    await within(dead.client.disconnect(), 2_000).catch(() => undefined);
  };
  const connected = async (): Promise<Live> => {
    if (closed) throw new ReadError('read-disconnected', `${endpointUrl} is closed`);
    if (live) return live;
    if (performance.now() - connectFailedAt < connectPauseMs) {
      throw new ReadError('read-disconnected', `${endpointUrl} did not accept a connection just now`);
    }
    connecting ??= connect(options).finally(() => {
      connecting = undefined;
    });
    try {
      const made = await connecting;
      if (live === made) return made;
      live = made;
      lastReason = undefined;
      const onLost = () => {
        logger.warn({ endpointUrl }, 'OPC UA session lost');
        drop(made).catch(() => undefined);
      };
      made.client.once('connection_lost', onLost);
      made.session.once('session_closed', onLost);
      return made;
    } catch (cause) {
      connectFailedAt = performance.now();
      // Said once per reason: an untrusted certificate needs a person, and would repeat with every scan.
      if (messageOf(cause) !== lastReason)
        logger.warn({ endpointUrl, reason: messageOf(cause) }, 'OPC UA connection failed');
      lastReason = messageOf(cause);
      throw new ReadError('read-disconnected', `${endpointUrl}: ${messageOf(cause)}`, { cause });
    }
  };

  return {
    async read(object, paths) {
      const link = await connected();
      try {
        return await within(readPaths(link, object, paths), timeoutMs);
      } catch (cause) {
        await drop(link);
        const code = cause instanceof TimeoutError ? 'read-timeout' : 'read-disconnected';
        throw new ReadError(code, `${endpointUrl}: ${messageOf(cause)}`, { cause });
      }
    },
    async close() {
      closed = true;
      await connecting?.catch(() => undefined);
      const last = live;
      live = undefined;
      if (!last) return;
      last.client.removeAllListeners('connection_lost');
      last.session.removeAllListeners('session_closed');
      await within(last.session.close(), 2_000).catch(() => undefined);
      await drop(last);
    },
  };
}

async function connect(options: LinkOptions): Promise<Live> {
  const { endpointUrl, security, pkiDir, timeoutMs = 5_000, mode, publishMs = PUBLISH_MS } = options;
  const { OPCUAClient, MessageSecurityMode, SecurityPolicy, setWarningLogger } = await import('node-opcua-client');
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager');
  // The library prints its notices on standard output, which is ours for data.
  setWarningLogger(() => undefined);
  const secure = security === 'sign-and-encrypt';
  const certificates = new OPCUACertificateManager({
    rootFolder: join(pkiDir, 'pki'),
    // An unknown server lands in `rejected/`; a person moves it to `trusted/certs/`. Without security nobody checks it.
    automaticallyAcceptUnknownCertificate: !secure,
  });
  const client = OPCUAClient.create({
    applicationName: 'GanzhiGateway',
    clientCertificateManager: certificates,
    // Servers advertise host names that a field network often cannot resolve.
    endpointMustExist: false,
    securityMode: secure ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None,
    securityPolicy: secure ? SecurityPolicy.Basic256Sha256 : SecurityPolicy.None,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 500 },
    requestedSessionTimeout: 60_000,
    keepSessionAlive: true,
    transportTimeout: IDLE_TRANSPORT_MS,
  });
  try {
    await within(client.connect(endpointUrl), timeoutMs * 2);
    const session = await within(client.createSession(), timeoutMs);
    const live = { client, session, nodes: new Map() };
    return mode === 'subscribe' ? { ...live, feed: await openFeed(session, { publishMs }) } : live;
  } catch (cause) {
    await within(client.disconnect(), 2_000).catch(() => undefined);
    throw cause;
  }
}

async function readPaths(
  { session, nodes, feed }: Live,
  object: string,
  paths: readonly string[],
): Promise<(DataValue | undefined)[]> {
  const { AttributeIds } = await import('node-opcua-client');
  const ids: (NodeId | undefined)[] = [];
  for (const path of paths) {
    const full = `${object}/${path}`;
    if (!nodes.has(full)) nodes.set(full, await resolvePath(session, full));
    ids.push(nodes.get(full));
  }
  const found = ids.flatMap((nodeId) => nodeId ?? []);
  const values = feed
    ? await feed.latest(found)
    : found.length > 0
      ? await session.read(found.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })))
      : [];
  let at = 0;
  return ids.map((nodeId) => (nodeId ? values[at++] : undefined));
}

/** Walks browse names from the Objects folder; namespace indexes differ from server to server and are not compared. */
async function resolvePath(session: ClientSession, path: string): Promise<NodeId | undefined> {
  const { BrowseDirection, resolveNodeId } = await import('node-opcua-client');
  let current: NodeId = resolveNodeId('ObjectsFolder');
  for (const name of path.split('/')) {
    const found = await session.browse({
      nodeId: current,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: 'HierarchicalReferences',
      includeSubtypes: true,
      resultMask: 63,
    });
    const next = found.references?.find((reference) => reference.browseName.name === name);
    if (!next) return undefined;
    current = next.nodeId;
  }
  return current;
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
