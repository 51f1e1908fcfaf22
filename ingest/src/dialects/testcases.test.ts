import { readdirSync, readFileSync } from 'node:fs';
import { ReadFailure, Reading } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isDecoded } from '../pipeline/decode.ts';
import { FOREIGN_DIALECTS, foreignRight } from './topics.ts';
import { decoderOf, jsonReader, type TagTarget } from './translate.ts';

const FOLDER = new URL('../../testcases/', import.meta.url);
const NOW = Date.UTC(2026, 10, 23, 10, 0, 0);

/** A message as a maker's documentation shows it, and what it must become. */
const Case = z.strictObject({
  source: z.string(),
  topic: z.string(),
  dialect: z.enum(FOREIGN_DIALECTS),
  message: z.unknown(),
  /** By "device tag". */
  tags: z.record(
    z.string(),
    z.union([z.literal('leave'), z.object({ meter: z.string(), point: z.string(), powerOfTen: z.int() })]),
  ),
  stamped: z.boolean().default(false),
  readings: z.array(Reading.nullable()),
  errors: z.array(ReadFailure),
  /** Codes. */
  quarantined: z.array(z.string()),
});

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.json')))('%s', (file) => {
  const known = Case.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  const dialect = foreignRight(known.dialect, known.topic);
  if (typeof dialect !== 'function') throw new Error('the topic is not one for JSON');
  const target = (device: string, tag: string): TagTarget | undefined => known.tags[`${device} ${tag}`];
  const decode = decoderOf(jsonReader(dialect), { gateway: 'GW-0001', target });
  const payload = Buffer.from(JSON.stringify(known.message));
  const decoded = decode(payload, NOW);
  if (!isDecoded(decoded)) throw new Error(decoded.quarantined[0].detail);
  expect(decoded.readings.map((reading) => reading ?? null)).toEqual(known.readings);
  expect(decoded.errors).toEqual(known.errors);
  expect(decoded.quarantined.map(({ code }) => code)).toEqual(known.quarantined);
  expect(decoded.stamped).toBe(known.stamped);
  const later = decode(payload, NOW + 1);
  if (!isDecoded(later)) throw new Error('once more');
  expect(later.batch === decoded.batch, 'the same bytes are the same batch, unless the time is ours').toBe(
    !known.stamped,
  );
});
