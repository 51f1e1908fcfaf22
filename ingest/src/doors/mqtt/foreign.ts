import type { Foreign } from '../../broker/authorize.ts';
import { EdgeNodes, type EdgeNodesOptions } from '../../dialects/sparkplug/nodes.ts';
import { decoderOf, jsonReader, type TagContext } from '../../dialects/translate.ts';
import type { Decoder } from '../../pipeline/decode.ts';
import type { GatewayEntry } from '../../registry/load.ts';

export interface ForeignSpeechOptions extends Pick<EdgeNodesOptions, 'askRebirth'> {
  target: (gateway: GatewayEntry) => TagContext['target'];
}

/** How messages of other makers' gateways are read, with the memory that Sparkplug needs. */
export class ForeignSpeech {
  readonly #options: ForeignSpeechOptions;
  readonly #nodes: EdgeNodes;

  constructor(options: ForeignSpeechOptions) {
    this.#options = options;
    this.#nodes = new EdgeNodes(options);
  }

  /** A gateway of a dialect with a memory begins anew. */
  connected(gateway: GatewayEntry): void {
    if (gateway.dialect === 'sparkplug') this.#nodes.connected(gateway.id);
  }

  /**
   * The decoder for a message; undefined when it carries nothing to store: the death of an edge node, which the broker brings
   * when the connection is gone, so that nobody waits for an answer any more.
   */
  decoder(foreign: Foreign, gateway: GatewayEntry, payload: Buffer): Decoder | undefined {
    const context = { gateway: gateway.code, target: this.#options.target(gateway) };
    if (typeof foreign === 'function') return decoderOf(jsonReader(foreign), context);
    if (foreign.kind !== 'NDEATH') {
      return decoderOf(this.#nodes.reader(gateway.id, foreign), { ...context, topic: foreign.topic });
    }
    this.#nodes.died(gateway.id, foreign, payload);
    return undefined;
  }
}
