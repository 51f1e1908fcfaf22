import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { GanzhiError, parseInstant } from '@ganzhi/schemas';
import { z } from 'zod';

/** What a simulated city wrote down about itself (gateway-firmware-sim/city/TRUTH.md). */
export interface TruthFiles {
  readonly seed: number;
  readonly profile: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly faults: readonly TruthFault[];
  /** Hours in the order of the file; ascending for each meter. */
  hours(): AsyncIterable<TrueHour>;
}

export interface TruthFault {
  readonly kind: string;
  readonly meter: string;
  readonly startMs: number;
  readonly endMs: number;
  /** An operator's record of it is in the registry. */
  readonly announced: boolean;
}

export interface TrueHour {
  readonly meter: string;
  /** Start of the hour, epoch milliseconds. */
  readonly hour: number;
  /** Primary energy, counts of the meter's resolution. */
  readonly counts: number;
}

const Instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at === undefined) context.addIssue(`"${text}" is not an instant`);
  return at ?? 0;
});
const Meta = z.object({ seed: z.int(), profile: z.string(), from: Instant, to: Instant });
const Fault = z.object({
  kind: z.string(),
  meter: z.string(),
  start: Instant,
  end: Instant,
  announced: z.boolean().default(false),
});

const CONSUMPTION = 'consumption.jsonl.gz';

/**
 * @throws GanzhiError `not-found` when the folder holds no truth, `invalid-request` when it is not in our format
 */
export function openTruth(folder: string): TruthFiles {
  const missing = ['meta.json', 'faults.jsonl', CONSUMPTION].find((name) => !existsSync(join(folder, name)));
  if (missing) {
    throw new GanzhiError(
      'not-found',
      `${folder} holds no ${missing}. Name the folder that "ganzhi simulate --days N --truth DIR" wrote.`,
    );
  }
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  try {
    const meta = Meta.parse(JSON.parse(text('meta.json')));
    const lines = text('faults.jsonl')
      .split('\n')
      .filter((line) => line !== '');
    return {
      seed: meta.seed,
      profile: meta.profile,
      fromMs: meta.from,
      toMs: meta.to,
      faults: lines.map((line) => {
        const { start, end, ...fault } = Fault.parse(JSON.parse(line));
        return { ...fault, startMs: start, endMs: end };
      }),
      hours: () => readHours(join(folder, CONSUMPTION)),
    };
  } catch (cause) {
    throw new GanzhiError('invalid-request', `The truth in ${folder} cannot be read: ${String(cause)}`, { cause });
  }
}

async function* readHours(file: string): AsyncGenerator<TrueHour> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) {
    const { meter, hour, counts } = JSON.parse(line) as { meter: string; hour: string; counts: number };
    yield { meter, hour: Date.parse(hour), counts };
  }
}
