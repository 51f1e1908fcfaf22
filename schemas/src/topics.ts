/**
 * MQTT topics `ganzhi/v1/{gateway}/…`: built and parsed here, nowhere else. Payload shapes stand in `telemetry.ts` and `care/`.
 *
 * | topic | from | payload | retained |
 * |---|---|---|---|
 * | `up/telemetry` | gateway | TelemetryBatch | no |
 * | `up/event` | gateway | GatewayEvent | no |
 * | `up/meta` | gateway | GatewayMeta (birth) | yes |
 * | `up/state` | gateway | GatewayState (last will: offline) | yes |
 * | `up/cmd` | gateway | CommandAnswer | no |
 * | `up/config` | gateway | ConfigurationReport | no |
 * | `up/firmware` | gateway | FirmwareReport | no |
 * | `down/ack` | ingest | BatchAck, after commit | no |
 * | `down/cmd` | ingest | GatewayCommand | no |
 * | `down/config` | ingest | ConfigurationOrder | no |
 * | `down/firmware` | ingest | FirmwareOrder | no |
 */
export const TOPIC_ROOT = 'ganzhi/v1';

/** Answers of remote care: kept by the server before they are acknowledged, like telemetry. */
export const CARE_KINDS = ['cmd', 'config', 'firmware'] as const;
export const UP_KINDS = ['telemetry', 'event', 'meta', 'state', ...CARE_KINDS] as const;
export const DOWN_KINDS = ['ack', ...CARE_KINDS] as const;
export type CareKind = (typeof CARE_KINDS)[number];
export type UpKind = (typeof UP_KINDS)[number];
/** What a gateway says about itself beside readings and answers. */
export type NoticeKind = Exclude<UpKind, 'telemetry' | CareKind>;
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

export const isCareKind = (kind: string): kind is CareKind => isIn(CARE_KINDS, kind);

function isIn<T extends string>(list: readonly T[], value: string | undefined): value is T {
  return (list as readonly (string | undefined)[]).includes(value);
}
