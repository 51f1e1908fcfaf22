import { z } from 'zod';
import type { Report, Sample, TagFailure } from './dialect.ts';

/**
 * EMQX Neuron (NeuronEX), MQTT plugin: values-format, tags-format and ECP-format. Device is `node/group`, because a tag's name is
 * unique in its group only.
 * https://docs.emqx.com/en/neuron/latest/configuration/north-apps/mqtt/api.html
 */
const head = { timestamp: z.number(), node: z.string().max(128), group: z.string().max(128) };
const Values = z.object({
  ...head,
  values: z.record(z.string(), z.unknown()),
  errors: z.record(z.string(), z.number()).default({}),
});
const Tags = z.object({
  ...head,
  tags: z.array(z.object({ name: z.string(), value: z.unknown().optional(), error: z.number().default(0) })),
});

/**
 * Plugin errors with a better word than "refused" (include/neuron/errcodes.h): 3000 read failure, 3002 disconnected, 3008 value
 * expired, 3009 protocol decode failure, 3012 packet out of order, 3015 no response.
 */
const CODES: Readonly<Record<number, string>> = {
  3002: 'read-disconnected',
  3008: 'read-timeout',
  3009: 'read-garbage',
  3012: 'read-garbage',
  3015: 'read-timeout',
};
const codeOf = (error: number): string => CODES[error] ?? 'read-refused';

/** A message of Neuron, in whichever of its formats. See {@link Dialect}. */
export function neuron(message: unknown): Report | string {
  const byValue = Values.safeParse(message);
  if (byValue.success) {
    const { timestamp, node, group, values, errors } = byValue.data;
    const at = { device: `${node}/${group}`, t: timestamp };
    return {
      samples: Object.entries(values).map(([tag, x]) => ({ ...at, tag, x })),
      failures: Object.entries(errors).map(([tag, error]) => ({ ...at, tag, code: codeOf(error) })),
      stamped: false,
    };
  }
  const byTag = Tags.safeParse(message);
  if (!byTag.success) return 'not a Neuron message: timestamp, node, group, and values or tags';
  const { timestamp, node, group, tags } = byTag.data;
  const at = { device: `${node}/${group}`, t: timestamp };
  const samples: Sample[] = [];
  const failures: TagFailure[] = [];
  for (const { name: tag, value: x, error } of tags) {
    if (error === 0) samples.push({ ...at, tag, x });
    else failures.push({ ...at, tag, code: codeOf(error) });
  }
  return { samples, failures, stamped: false };
}
