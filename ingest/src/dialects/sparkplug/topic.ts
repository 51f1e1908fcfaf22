/** What the topic of a Sparkplug B message says (Sparkplug 3.0 §4.1: `spBv1.0/group/kind/node[/device]`). */
export interface EdgeTopic {
  topic: string;
  group: string;
  kind: EdgeKind;
  node: string;
  /** '' for the edge node itself. */
  device: string;
}

const KINDS = ['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH'] as const;
export type EdgeKind = (typeof KINDS)[number];

const LONGEST_NAME = 64;

/** The topic of something that an edge node says; undefined for commands, host states and what is no Sparkplug. */
export function parseEdgeTopic(topic: string): EdgeTopic | undefined {
  const [root, group, word, node, device = '', ...more] = topic.split('/');
  const kind = KINDS.find((known) => known === word);
  if (root !== 'spBv1.0' || !kind || more.length > 0 || !isName(group) || !isName(node)) return undefined;
  if ((device !== '') !== kind.startsWith('D') || (device !== '' && !isName(device))) return undefined;
  return { topic, group, kind, node, device };
}

const isName = (part: string | undefined): part is string =>
  part !== undefined && part.length > 0 && part.length <= LONGEST_NAME;

/** How `registry.dialect_tag` names the device of a message: `group/node` or `group/node/device`. */
export const deviceOf = ({ group, node, device }: EdgeTopic): string =>
  device === '' ? `${group}/${node}` : `${group}/${node}/${device}`;

/** Where an edge node listens for commands (§4.1). */
export const commandTopic = ({ group, node }: Pick<EdgeTopic, 'group' | 'node'>): string =>
  `spBv1.0/${group}/NCMD/${node}`;

/** True for a topic on which commands go to an edge node; nobody but the server publishes there. */
export const isCommandTopic = (topic: string): boolean => /^spBv1\.0\/[^/]+\/NCMD\/[^/]+$/.test(topic);

/** Subscriptions of edge nodes: their commands and the state of a host application; nothing is answered on the latter. */
export const EDGE_FILTER =
  /^(spBv1\.0\/[^#+/]{1,64}\/[ND]CMD\/[^#+/]{1,64}(\/(#|\+|[^#+/]{1,64}))?|(spBv1\.0\/)?STATE\/[^#+/]{1,64})$/;
