import { downTopic, parseTopic, TOPIC_ROOT, type UpKind } from '@ganzhi/schemas';

/**
 * What may be published by a gateway on a topic:
 * - its own `up/…`: the kind to handle;
 * - `ignore`: below its own `up/`, but a kind that this version does not know (a newer firmware): acknowledged, counted;
 * - `deny`: anything else. The connection is closed, which is all that MQTT 3.1.1 (§3.3.5) offers besides a false
 *   acknowledgement.
 */
export function publishRight(gatewayCode: string, topic: string): UpKind | 'ignore' | 'deny' {
  const parsed = parseTopic(topic);
  if (parsed?.gateway === gatewayCode && parsed.direction === 'up') return parsed.kind;
  return topic.startsWith(`${TOPIC_ROOT}/${gatewayCode}/up/`) ? 'ignore' : 'deny';
}

/**
 * A gateway may subscribe to its own `down/…` and nothing else: no `$share` (granted but never served by this broker), no
 * `$SYS`, no `#`. A closed list, so that subscriptions cannot be made without number.
 */
export function maySubscribe(gatewayCode: string, filter: string): boolean {
  const ack = downTopic(gatewayCode, 'ack');
  const below = ack.slice(0, -'ack'.length);
  return FILTERS.some((ending) => filter === below + ending);
}

const FILTERS = ['ack', 'cmd', 'cmd/+', 'cmd/#', 'config', '+', '#'] as const;
