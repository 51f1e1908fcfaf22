import type { Reader } from '../dialect.ts';
import { bdSeqOf, type EdgeNode, interpret } from './interpret.ts';
import { decodeEdge } from './payload.ts';
import type { EdgeTopic } from './topic.ts';

export interface EdgeNodesOptions {
  /** Asks a node for its births; called at most once in {@link ASK_AGAIN_MS} for a node. */
  askRebirth: (gatewayId: number, topic: EdgeTopic, why: string) => void;
  /** Monotonic milliseconds. */
  elapsed?: () => number;
  /** Definitions in memory, of all nodes together and of one gateway. */
  limits?: EdgeLimits;
}

export interface EdgeLimits {
  definitions: number;
  ofGateway: number;
}

const ASK_AGAIN_MS = 30_000;
const LIMITS: EdgeLimits = { definitions: 400_000, ofGateway: 80_000 };
const MAX_NODES_OF_GATEWAY = 64;

interface Entry {
  node: EdgeNode | undefined;
  definitions: number;
  askedAt: number;
}

/** Nodes behind one gateway, in order of their last message. */
interface Family {
  nodes: Map<string, Entry>;
  definitions: number;
}

/**
 * Births of Sparkplug edge nodes: the state that their data messages need. Bounded: what was not heard for longest is
 * forgotten first, and asked for again when it speaks. A gateway that says too much forgets its own nodes, not others'.
 */
export class EdgeNodes {
  readonly #options: EdgeNodesOptions;
  /** By gateway, in order of their last message. */
  readonly #families = new Map<number, Family>();
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
      const entry = this.#families.get(gatewayId)?.nodes.get(nameOf(topic)) ?? {
        node: undefined,
        definitions: 0,
        askedAt: Number.NEGATIVE_INFINITY,
      };
      const { report, node, rebirth } = interpret(topic, payload, entry.node, now);
      this.#keep(gatewayId, nameOf(topic), entry, node);
      if (rebirth !== undefined) this.#ask(gatewayId, topic, entry, rebirth);
      return report;
    };
  }

  /** A node is dead, unless the death belongs to an earlier birth. */
  died(gatewayId: number, topic: EdgeTopic, bytes: Buffer): void {
    const entry = this.#families.get(gatewayId)?.nodes.get(nameOf(topic));
    const payload = decodeEdge(bytes);
    if (!entry || typeof payload === 'string') return;
    const bdSeq = bdSeqOf(payload);
    if (bdSeq === undefined || entry.node?.bdSeq === undefined || bdSeq === entry.node.bdSeq) {
      this.#keep(gatewayId, nameOf(topic), entry, undefined);
    }
  }

  /** A new connection of a gateway begins with births; aliases of the one before may mean something else now. */
  connected(gatewayId: number): void {
    this.#definitions -= this.#families.get(gatewayId)?.definitions ?? 0;
    this.#families.delete(gatewayId);
  }

  #keep(gatewayId: number, name: string, entry: Entry, node: EdgeNode | undefined): void {
    const family = this.#families.get(gatewayId) ?? { nodes: new Map<string, Entry>(), definitions: 0 };
    // last in a map is who spoke last
    this.#families.delete(gatewayId);
    this.#families.set(gatewayId, family);
    family.nodes.delete(name);
    family.nodes.set(name, entry);
    entry.node = node;
    const definitions = node ? [...node.scopes.values()].reduce((total, { size }) => total + size, 0) : 0;
    this.#count(family, definitions - entry.definitions);
    entry.definitions = definitions;
    const { definitions: all, ofGateway } = this.#options.limits ?? LIMITS;
    for (const [oldest, other] of family.nodes) {
      if (other === entry || (family.definitions <= ofGateway && family.nodes.size <= MAX_NODES_OF_GATEWAY)) break;
      family.nodes.delete(oldest);
      this.#count(family, -other.definitions);
    }
    for (const oldest of this.#families.keys()) {
      if (this.#definitions <= all || oldest === gatewayId) return;
      this.connected(oldest);
    }
  }

  #count(family: Family, change: number): void {
    family.definitions += change;
    this.#definitions += change;
  }

  #ask(gatewayId: number, topic: EdgeTopic, entry: Entry, why: string): void {
    const now = this.#options.elapsed?.() ?? performance.now();
    if (now - entry.askedAt < ASK_AGAIN_MS) return;
    entry.askedAt = now;
    this.#options.askRebirth(gatewayId, topic, why);
  }
}

const nameOf = ({ group, node }: EdgeTopic): string => `${group}/${node}`;
