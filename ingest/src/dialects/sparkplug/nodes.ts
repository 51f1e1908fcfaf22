import type { Reader } from '../dialect.ts';
import { bdSeqOf, type EdgeNode, interpret } from './interpret.ts';
import { decodeEdge } from './payload.ts';
import type { EdgeTopic } from './topic.ts';

export interface EdgeNodesOptions {
  /** Asks a node for its births; called at most once in {@link ASK_AGAIN_MS} for a node. */
  askRebirth: (gatewayId: number, topic: EdgeTopic, why: string) => void;
  /** Monotonic milliseconds. */
  elapsed?: () => number;
  /** Definitions in memory, of all nodes together. */
  maxDefinitions?: number;
}

const ASK_AGAIN_MS = 30_000;
const MAX_DEFINITIONS = 400_000;
const MAX_NODES = 4_096;

interface Entry {
  node: EdgeNode | undefined;
  definitions: number;
  askedAt: number;
}

/**
 * Births of Sparkplug edge nodes: the state that their data messages need. Bounded: what was not heard for longest is
 * forgotten first, and asked for again when it speaks.
 */
export class EdgeNodes {
  readonly #options: EdgeNodesOptions;
  /** In order of their last message. */
  readonly #nodes = new Map<string, Entry>();
  #definitions = 0;

  constructor(options: EdgeNodesOptions) {
    this.#options = options;
  }

  /** Definitions in memory, by alias and by name. */
  get definitions(): number {
    return this.#definitions;
  }

  /** Reads messages of a gateway on a topic. Each call follows the calls before it, so it must be made in their order. */
  reader(gatewayId: number, topic: EdgeTopic): Reader {
    return (bytes, now) => {
      const payload = decodeEdge(bytes);
      if (typeof payload === 'string') return payload;
      const entry = this.#entry(gatewayId, topic);
      const { report, node, rebirth } = interpret(topic, payload, entry.node, now);
      this.#keep(gatewayId, topic, entry, node);
      if (rebirth !== undefined) this.#ask(gatewayId, topic, entry, rebirth);
      return report;
    };
  }

  /** A node is dead, unless the death belongs to an earlier birth. */
  died(gatewayId: number, topic: EdgeTopic, bytes: Buffer): void {
    const entry = this.#nodes.get(nameOf(gatewayId, topic));
    const payload = decodeEdge(bytes);
    if (!entry || typeof payload === 'string') return;
    const bdSeq = bdSeqOf(payload);
    if (bdSeq === undefined || entry.node?.bdSeq === undefined || bdSeq === entry.node.bdSeq) {
      this.#keep(gatewayId, topic, entry, undefined);
    }
  }

  /** A new connection of a gateway begins with births; aliases of the one before may mean something else now. */
  connected(gatewayId: number): void {
    for (const [name, entry] of this.#nodes) {
      if (name.startsWith(`${gatewayId}/`)) this.#drop(name, entry);
    }
  }

  #entry(gatewayId: number, topic: EdgeTopic): Entry {
    return (
      this.#nodes.get(nameOf(gatewayId, topic)) ?? {
        node: undefined,
        definitions: 0,
        askedAt: Number.NEGATIVE_INFINITY,
      }
    );
  }

  #keep(gatewayId: number, topic: EdgeTopic, entry: Entry, node: EdgeNode | undefined): void {
    const name = nameOf(gatewayId, topic);
    // last in the map is who spoke last
    this.#nodes.delete(name);
    this.#nodes.set(name, entry);
    entry.node = node;
    const definitions = node ? [...node.scopes.values()].reduce((total, { size }) => total + size, 0) : 0;
    this.#definitions += definitions - entry.definitions;
    entry.definitions = definitions;
    const { maxDefinitions = MAX_DEFINITIONS } = this.#options;
    for (const [oldest, other] of this.#nodes) {
      if (this.#definitions <= maxDefinitions && this.#nodes.size <= MAX_NODES) return;
      if (other !== entry) this.#drop(oldest, other);
    }
  }

  #drop(name: string, entry: Entry): void {
    this.#nodes.delete(name);
    this.#definitions -= entry.definitions;
  }

  #ask(gatewayId: number, topic: EdgeTopic, entry: Entry, why: string): void {
    const now = this.#options.elapsed?.() ?? performance.now();
    if (now - entry.askedAt < ASK_AGAIN_MS) return;
    entry.askedAt = now;
    this.#options.askRebirth(gatewayId, topic, why);
  }
}

const nameOf = (gatewayId: number, { group, node }: EdgeTopic): string => `${gatewayId}/${group}/${node}`;
