import type { Dialect } from './dialect.ts';
import { neuron } from './neuron.ts';
import { EDGE_FILTER, type EdgeTopic, parseEdgeTopic } from './sparkplug/topic.ts';
import { thingsboardDevice, thingsboardGateway } from './thingsboard.ts';

/** What gateways of other makers speak; `registry.gateway.dialect` has these and `native`. */
export const FOREIGN_DIALECTS = ['neuron', 'thingsboard', 'sparkplug', 'ministry'] as const;
export type ForeignDialect = (typeof FOREIGN_DIALECTS)[number];

/** What a foreign gateway publishes on a topic: data in a dialect, something that is acknowledged and left aside, or neither. */
export function foreignRight(spoken: ForeignDialect, topic: string): Dialect | EdgeTopic | 'ignore' | 'deny' {
  return PUBLISH[spoken](topic);
}

const PUBLISH: Readonly<Record<ForeignDialect, (topic: string) => Dialect | EdgeTopic | 'ignore' | 'deny'>> = {
  // the upload topic is free below /neuron/; answers to requests and node states are no readings
  neuron: (topic) => {
    if (!/^\/?neuron\//.test(topic)) return 'deny';
    return /\/(resp|state\/update)$/.test(topic) ? 'ignore' : neuron;
  },
  thingsboard: (topic) => {
    if (topic === 'v1/gateway/telemetry') return thingsboardGateway;
    if (topic === 'v1/devices/me/telemetry' || topic === 'v2/t') return thingsboardDevice;
    return /^(v1\/(gateway|devices\/me)\/|v2\/)/.test(topic) ? 'ignore' : 'deny';
  },
  sparkplug: (topic) => parseEdgeTopic(topic) ?? 'deny',
  // a collector has a door of its own
  ministry: () => 'deny',
};

/**
 * Subscriptions that these clients make when they connect. They are granted, because a client gives up when they are refused, and
 * nothing is ever delivered on them. Only as they stand here: subscriptions must not be made without number.
 */
export function mayListen(spoken: ForeignDialect, filter: string): boolean {
  return LISTEN[spoken].test(filter);
}

const LISTEN: Readonly<Record<ForeignDialect, RegExp>> = {
  neuron: /^\/?neuron\/[^#+/]{1,64}\/(read|write)\/(req|resp)$/,
  sparkplug: EDGE_FILTER,
  ministry: /^(?!)/,
  thingsboard:
    /^v1\/(gateway\/(rpc|attributes|attributes\/response)|devices\/me\/(attributes|attributes\/response\/\+|rpc\/request\/\+|rpc\/response\/\+))$|^v2\/(a|a\/res\/\+|r\/req\/\+)$/,
};
