import { GanzhiError, parseInstant } from '@ganzhi/schemas';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Report, Sample, TagFailure } from './dialect.ts';

/**
 * The words of the ministry's guideline for energy monitoring of public buildings (住房和城乡建设部 2008, 分项能耗数据传输技术导则,
 * collector to data centre): `<root><common><building_id/><gateway_id/><type/></common>…`. Provinces differ in framing, cipher
 * and the meaning of `error`, hardly in these words.
 */
export type CollectorKind = 'request' | 'md5' | 'notify' | 'report' | 'continuous' | 'reply' | 'period_ack' | 'other';

export interface CollectorMessage {
  building: string;
  collector: string;
  kind: CollectorKind;
  /** Number that the collector gave to a message with data. */
  sequence: string | undefined;
  /** Answer to the challenge. */
  md5: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set(['request', 'md5', 'notify', 'report', 'continuous', 'reply', 'period_ack']);
const DATA_KINDS: ReadonlySet<CollectorKind> = new Set(['report', 'continuous', 'reply']);

export const carriesData = (kind: CollectorKind): boolean => DATA_KINDS.has(kind);

/** Entities stay as they are written: what needs one (a name) is not read, and a bomb of them cannot go off. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  attributesGroupName: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  maxNestedTags: 16,
  isArray: (name) => REPEATED.has(name),
});
const REPEATED: ReadonlySet<string> = new Set(['heart_beat', 'meter', 'function']);

const Text = z.preprocess(
  (node) => (typeof node === 'object' && node !== null ? (node as Record<string, unknown>)['#text'] : node),
  z.string().max(64),
);
/** Building and collector become part of answers and of a gateway's code: letters and digits, nothing to escape. */
const Name = Text.pipe(z.string().regex(/^[0-9A-Za-z]{1,32}$/));
const Attributes = z.record(z.string(), z.string()).default({});
const Part = z.preprocess((node) => (node === '' ? {} : node), z.looseObject({ '@': Attributes }));
const Root = z.looseObject({
  common: z.looseObject({ building_id: Name, gateway_id: Name, type: Text.optional() }),
  id_validate: Part.optional(),
  heart_beat: z.array(Part).optional(),
  data: Part.optional(),
  config: Part.optional(),
});
type Root = z.infer<typeof Root>;

const Value = z.preprocess(
  (node) => (typeof node === 'string' ? { '#text': node } : node),
  z.looseObject({ '@': Attributes, '#text': z.string().default('') }),
);
const Meter = z.preprocess(
  (node) => (node === '' ? {} : node),
  z.looseObject({ '@': Attributes, function: z.array(Value).default([]) }),
);
const Data = z.looseObject({ time: Text.optional(), meter: z.array(Meter).default([]) });

/**
 * Reads the envelope of a message.
 *
 * @throws GanzhiError `frame-content` for what is no message of a collector
 */
export function parseCollector(xml: string): CollectorMessage {
  const root = rootOf(xml);
  if (!root)
    throw new GanzhiError('frame-content', 'Not a message of a collector: root, common, building_id, gateway_id.');
  const { common, id_validate: login, heart_beat: beats = [], data, config } = root;
  const parts = [login, ...beats, data, config].flatMap((part) => part?.['@'].operation ?? []);
  const word = [...parts, common.type ?? ''].find((candidate) => KINDS.has(candidate));
  const sequence = Text.safeParse(data?.sequence).data;
  return {
    building: common.building_id,
    collector: common.gateway_id,
    kind: (word ?? 'other') as CollectorKind,
    sequence: sequence !== undefined && /^[0-9A-Za-z_-]{1,32}$/.test(sequence) ? sequence : undefined,
    md5: Text.safeParse(login?.md5).data,
  };
}

/**
 * The values of a message with data. Device is the meter's `id`, tag the function's `id/coding`: some collectors number all
 * functions of a meter 1 and tell them apart by the energy code only.
 *
 * @param goodErrors values of the attribute `error` that mean "no error" (0 in one dialect, 192 in another)
 * @returns a sentence for what has no data
 */
export function ministryReport(xml: string, goodErrors: ReadonlySet<string>): Report | string {
  const root = rootOf(xml);
  const data = Data.safeParse(root?.data);
  if (!root || !data.success) return 'no data element with meters of a collector';
  const samples: Sample[] = [];
  const failures: TagFailure[] = [];
  const sent = timeOf(data.data.time);
  for (const { '@': meter, function: functions } of data.data.meter) {
    const device = meter.id ?? '';
    for (const { '@': known, '#text': text } of functions) {
      const tag = known.coding ? `${known.id ?? ''}/${known.coding}` : (known.id ?? '');
      const t = known.sample_time === undefined ? sent : timeOf(known.sample_time);
      if (known.error === undefined || known.error === '' || goodErrors.has(known.error)) {
        samples.push({ device, tag, t, x: text });
      } else failures.push({ device, tag, t, code: 'read-refused' });
    }
  }
  const live = root.data?.['@'].operation !== 'continuous' && root.common.type !== 'continuous';
  return { samples, failures, stamped: false, ...(live ? {} : { replay: true }) };
}

function rootOf(xml: string): Root | undefined {
  // nothing of this protocol declares types
  if (/<!DOCTYPE/i.test(xml)) return undefined;
  try {
    return Root.safeParse((parser.parse(xml) as { root?: unknown }).root).data;
  } catch {
    return undefined;
  }
}

const STAMP = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/** `yyyyMMddHHmmss` in Asia/Shanghai as epoch ms; NaN for what is no time, so that the reading is kept with that reason. */
function timeOf(text: string | undefined): number {
  const [, y, mo, d, h, mi, s] = STAMP.exec(text ?? '') ?? [];
  return parseInstant(`${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`) ?? Number.NaN;
}
