import { GanzhiError } from '@ganzhi/schemas';
import { z } from 'zod';

/** A key of 128 bits: 16 characters, or 32 hexadecimal digits. */
const Key = z
  .string()
  .regex(/^([\x21-\x7e]{16}|[0-9A-Fa-f]{32})$/, '16 characters or 32 hexadecimal digits')
  .transform((text) => (text.length === 32 ? Buffer.from(text, 'hex') : Buffer.from(text, 'latin1')));

const Aes = z.strictObject({
  mode: z.enum(['cbc', 'ecb']),
  key: Key,
  /** For cbc; the dialects seen use the key itself. */
  iv: Key.optional(),
  padding: z.enum(['zero', 'pkcs7']),
});

const Fields = z.strictObject({
  /** 0: a free port. */
  port: z.int().min(0).max(65_535),
  host: z.string().min(1).optional(),
  /**
   * wrapped: marks, length, number, body, CRC, marks (国家导则 and most provinces); typed: 1F 1F, type, length, body;
   * hex: length and body as hexadecimal text.
   */
  framing: z.enum(['wrapped', 'typed', 'hex']),
  /** Wrapped only: which of the two marks comes first; both orders are in the field. */
  firstMark: z.enum(['55aa55aa', '68681616']).optional(),
  lengthOrder: z.enum(['little', 'big']).optional(),
  /** null: bodies are plain XML. */
  aes: Aes.nullable(),
  /** challenge: MD5 of a random number and the key; request: whoever knows the AES key. */
  login: z.enum(['challenge', 'request']).optional(),
  /** Secret of the challenge; a collector may have one of its own. */
  md5Key: z.string().min(8).max(128).optional(),
  md5Order: z.enum(['number-first', 'key-first']).default('number-first'),
  charset: z.enum(['utf-8', 'gb18030']).default('utf-8'),
  /** Values of `error` that mean that there is none. */
  goodErrors: z.array(z.string()).min(1).optional(),
  /** How a report is acknowledged; a continued one always by `continuous_ack`. */
  reportAck: z.enum(['report_ack', 'continuous_ack']).optional(),
  /** Told to each collector after its log-in. */
  periodMinutes: z.int().min(1).max(1_440).optional(),
  /** Addresses and networks (CIDR) that may connect. MD5 and fixed keys are weak: there is no "from everywhere" by omission. */
  allow: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).min(1),
  /** By `building/collector`: gateway code and secret where they are not the usual ones (`building-collector`, `md5Key`). */
  collectors: z
    .record(
      z.string().regex(/^[0-9A-Za-z]{1,32}\/[0-9A-Za-z]{1,32}$/),
      z.strictObject({ gateway: z.string().optional(), md5Key: z.string().min(8).max(128).optional() }),
    )
    .default({}),
});

/** What each framing came with where it was seen; a profile may say otherwise. */
const USUAL = {
  wrapped: { lengthOrder: 'little', login: 'challenge', goodErrors: ['192'], reportAck: 'report_ack' },
  typed: { lengthOrder: 'big', login: 'challenge', goodErrors: ['0'], reportAck: 'report_ack' },
  hex: { lengthOrder: 'big', login: 'request', goodErrors: ['0'], reportAck: 'continuous_ack' },
} as const;

const Profile = Fields.transform((fields) => ({
  firstMark: '55aa55aa' as const,
  ...USUAL[fields.framing],
  ...withoutUndefined(fields),
})).superRefine((profile, context) => {
  const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (profile.login === 'request' && !profile.aes) issue('aes', 'needed when the log-in is a bare request');
  const secret = (key: string | undefined): boolean => (key ?? profile.md5Key) !== undefined;
  const bare = Object.values(profile.collectors).some(({ md5Key }) => !secret(md5Key));
  if (profile.login === 'challenge' && (bare || (!secret(undefined) && Object.keys(profile.collectors).length === 0))) {
    issue('md5Key', 'needed for the challenge, here or with each collector');
  }
});

/** One dialect of the ministry's protocol on one port. */
export type CollectorProfile = z.infer<typeof Profile>;

/**
 * Profiles from the text of `GANZHI_COLLECTORS`.
 *
 * @throws GanzhiError `config-invalid` that names each wrong field, and never a value: there are secrets among them
 */
export function parseCollectorProfiles(text: string): CollectorProfile[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new GanzhiError(
      'config-invalid',
      'GANZHI_COLLECTORS: not JSON; write a list of profiles (ingest/README.md).',
    );
  }
  const parsed = z.array(Profile).min(1).max(16).safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || 'list'}: ${message}`);
  throw new GanzhiError('config-invalid', `GANZHI_COLLECTORS:\n${faults.join('\n')}`);
}

/** Absent and undefined are the same to zod, not to a spread. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
