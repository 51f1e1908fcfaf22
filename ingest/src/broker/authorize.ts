import { downTopic, parseTopic, TOPIC_ROOT, type UpKind } from '@ganzhi/schemas';
import type { Dialect } from '../dialects/dialect.ts';
import { type EdgeTopic, isCommandTopic } from '../dialects/sparkplug/topic.ts';
import { foreignRight, mayListen } from '../dialects/topics.ts';
import type { GatewayEntry } from '../registry/load.ts';

/** How a message of another maker's gateway reads. */
export type Foreign = Dialect | EdgeTopic;

/** Who asks, as far as rights go. */
export type Asker = Pick<GatewayEntry, 'code' | 'dialect'>;

/**
 * What may be published by a gateway on a topic:
 * - its own `up/…`: the kind to handle;
 * - for a gateway of another maker, the topics of its dialect: how to read the message;
 * - `ignore`: below its own `up/`, but a kind that this version does not know (a newer firmware): acknowledged, counted;
 * - `deny`: anything else. The connection is closed, which is all that MQTT 3.1.1 (§3.3.5) offers besides a false
 *   acknowledgement.
 */
export function publishRight({ code, dialect }: Asker, topic: string): UpKind | Foreign | 'ignore' | 'deny' {
  if (dialect !== 'native') return foreignRight(dialect, topic);
  const parsed = parseTopic(topic);
  if (parsed?.gateway === code && parsed.direction === 'up') return parsed.kind;
  return topic.startsWith(`${TOPIC_ROOT}/${code}/up/`) ? 'ignore' : 'deny';
}

/**
 * A gateway may subscribe to its own `down/…` and nothing else: no `$share` (granted but never served by this broker), no
 * `$SYS`, no `#`. A closed list, so that subscriptions cannot be made without number.
 */
export function maySubscribe({ code, dialect }: Asker, filter: string): boolean {
  if (dialect !== 'native') return mayListen(dialect, filter);
  const ack = downTopic(code, 'ack');
  const below = ack.slice(0, -'ack'.length);
  return FILTERS.some((ending) => filter === below + ending);
}

/** What the server itself may send to a gateway: what is below its own `down/`, and commands to edge nodes. */
export const mayHear = ({ code, dialect }: Asker, topic: string): boolean =>
  topic.startsWith(`${TOPIC_ROOT}/${code}/down/`) || (dialect === 'sparkplug' && isCommandTopic(topic));

const FILTERS = ['ack', 'cmd', 'cmd/+', 'cmd/#', 'config', 'firmware', '+', '#'] as const;

/** Whether one of the filters that `maySubscribe` allows takes in the topic (MQTT 3.1.1 §4.7.1). */
export function listens(filters: ReadonlySet<string>, topic: string): boolean {
  if (filters.has(topic) || filters.has(`${topic}/#`)) return true;
  const last = topic.lastIndexOf('/');
  if (filters.has(`${topic.slice(0, last)}/+`)) return true;
  for (let end = last; end > 0; end = topic.lastIndexOf('/', end - 1)) {
    if (filters.has(`${topic.slice(0, end)}/#`)) return true;
  }
  return false;
}
