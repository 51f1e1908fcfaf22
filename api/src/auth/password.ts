import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors/refuse.ts';

/**
 * Passwords as scrypt PHC strings, `$scrypt$ln=17,r=8,p=1$salt$hash` (unpadded base64). One hash takes 128 MiB and some
 * 0.4 s of a core, so they run one at a time behind a short queue: a burst of log-ins must not take the machine's memory.
 */
const LN = 17;
const R = 8;
const P = 1;
const KEY_BYTES = 32;
const QUEUE = 32;

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** The PHC string of a new password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, { ln: LN, r: R, p: P });
  return `$scrypt$ln=${LN},r=${R},p=${P}$${unpadded(salt)}$${unpadded(key)}`;
}

/**
 * Compares in constant time. An unreadable hash fails, after the same work.
 *
 * @throws Refusal `too-many-requests` when the queue is full
 */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc);
  const [, ln, r, p, salt = '', hash = ''] = match ?? [];
  const cost = match ? { ln: Number(ln), r: Number(r), p: Number(p) } : { ln: LN, r: R, p: P };
  const key = await derive(password, Buffer.from(salt, 'base64'), cost);
  const expected = Buffer.from(hash, 'base64');
  return expected.length === key.length && timingSafeEqual(expected, key);
}

/** Takes as long as a real check: an unknown user name must not answer sooner. */
export const verifyNothing = (password: string): Promise<boolean> => verifyPassword(password, '');

function derive(password: string, salt: Buffer, cost: { ln: number; r: number; p: number }): Promise<Buffer> {
  if (waiting >= QUEUE) {
    throw new Refusal(
      'too-many-requests',
      { zh: '登录人数过多，请稍后再试。', en: 'Too many people log in at once; try again shortly.' },
      { retryAfterS: 10 },
    );
  }
  waiting += 1;
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 ** cost.ln * cost.r * 128 + 2 ** 20 };
  const run = last.then(() => scryptAsync(password, salt, options));
  last = run
    .catch(() => undefined)
    .finally(() => {
      waiting -= 1;
    });
  return run;
}

function scryptAsync(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((done, fail) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? fail(error) : done(key)));
  });
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
