import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GanzhiError, parseInstant } from '@ganzhi/schemas';
import { z } from 'zod';

/** One fault of the truth with everything it strikes; faults.jsonl has a line for each meter. */
export interface TruthEvent {
  readonly id: string;
  readonly kind: string;
  /** Codes of the meters struck. */
  readonly meters: readonly string[];
  readonly gateways: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly magnitude: number;
  /** An operator's record of it is in the registry. */
  readonly announced: boolean;
  /** Energy or volume in addition, for what was used for nothing. */
  readonly added: number | undefined;
  /** Counts that the register would have shown at the start, and that it showed. */
  readonly lastRegister: number | undefined;
  readonly firstRegister: number | undefined;
}

const Instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at === undefined) context.addIssue(`"${text}" is not an instant`);
  return at ?? 0;
});
const Line = z.object({
  id: z.string(),
  kind: z.string(),
  meter: z.string(),
  gateway: z.string(),
  start: Instant,
  end: Instant,
  magnitude: z.number(),
  announced: z.boolean().default(false),
  added: z.number().optional(),
  lastRegister: z.number().optional(),
  firstRegister: z.number().optional(),
});
const MeterLine = z.object({ meter: z.string(), ratio: z.number(), decimals: z.int() });

export interface TruthMeter {
  readonly meter: string;
  /** CT x PT by which counts are primary ones. */
  readonly ratio: number;
  /** A count is 10^-decimals units. */
  readonly decimals: number;
}

const linesOf = (folder: string, name: string): unknown[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/**
 * @throws GanzhiError `not-found` when the folder holds no truth, `invalid-request` when it is not in our format
 */
export function readTruthEvents(folder: string): { events: TruthEvent[]; meters: TruthMeter[] } {
  const missing = ['faults.jsonl', 'meters.jsonl'].find((name) => !existsSync(join(folder, name)));
  if (missing)
    throw new GanzhiError(
      'not-found',
      `${folder} holds no ${missing}: name a folder that "ganzhi simulate --truth" wrote.`,
    );
  try {
    const lines = linesOf(folder, 'faults.jsonl').map((line) => Line.parse(line));
    const events = [...Map.groupBy(lines, ({ id }) => id)].flatMap(([id, members]): TruthEvent[] => {
      const [first] = members;
      if (!first) return [];
      const { kind, start, end, magnitude, announced, added, lastRegister, firstRegister } = first;
      return [
        {
          ...{ id, kind, startMs: start, endMs: end, magnitude, announced, added, lastRegister, firstRegister },
          meters: members.map(({ meter }) => meter),
          gateways: [...new Set(members.map(({ gateway }) => gateway))],
        },
      ];
    });
    return { events, meters: linesOf(folder, 'meters.jsonl').map((line) => MeterLine.parse(line)) };
  } catch (cause) {
    throw new GanzhiError('invalid-request', `The truth in ${folder} cannot be read: ${String(cause)}`, { cause });
  }
}
