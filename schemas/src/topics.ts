/**
 * MQTT topics `ganzhi/v1/{gateway}/…`: built and parsed here, nowhere else. Payload shapes stand in `telemetry.ts`.
 *
 * | topic | from | payload | retained |
 * |---|---|---|---|
 * | `up/telemetry` | gateway | TelemetryBatch | no |
 * | `up/event` | gateway | GatewayEvent | no |
 * | `up/meta` | gateway | GatewayMeta (birth) | yes |
 * | `up/state` | gateway | GatewayState (last will: offline) | yes |
 * | `down/ack` | ingest | BatchAck, after commit | no |
 * | `down/cmd` | server | reserved | no |
 * | `down/config` | server | reserved | no |
 */
export const TOPIC_ROOT = 'ganzhi/v1';

export const UP_KINDS = ['telemetry', 'event', 'meta', 'state'] as const;
export const DOWN_KINDS = ['ack', 'cmd', 'config'] as const;
export type UpKind = (typeof UP_KINDS)[number];
export type DownKind = (typeof DOWN_KINDS)[number];

/** Gateway codes are client id, user name and topic level: letters, digits, dash; no wildcard can hide in them. */
export const GATEWAY_CODE = /^[A-Za-z0-9][A-Za-z0-9-]{2,63}$/;

export const upTopic = (gateway: string, kind: UpKind): string => `${TOPIC_ROOT}/${gateway}/up/${kind}`;
export const downTopic = (gateway: string, kind: DownKind): string => `${TOPIC_ROOT}/${gateway}/down/${kind}`;

export type ParsedTopic =
  | { gateway: string; direction: 'up'; kind: UpKind }
  | { gateway: string; direction: 'down'; kind: DownKind };

/** The parts of one of our topics, or undefined for any other text. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const parts = topic.split('/');
  const [root, version, gateway = '', direction, kind] = parts;
  if (parts.length !== 5 || `${root}/${version}` !== TOPIC_ROOT || !GATEWAY_CODE.test(gateway)) return undefined;
  if (direction === 'up' && isIn(UP_KINDS, kind)) return { gateway, direction, kind };
  if (direction === 'down' && isIn(DOWN_KINDS, kind)) return { gateway, direction, kind };
  return undefined;
}

function isIn<T extends string>(list: readonly T[], value: string | undefined): value is T {
  return (list as readonly (string | undefined)[]).includes(value);
}
