import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Announcement,
  EnrolmentStatus,
  ERRORS,
  type ErrorCode,
  enrolmentFingerprint,
  GanzhiError,
  IssuedCredential,
  SECOND,
} from '@ganzhi/schemas';
import { z } from 'zod';
import { freshCredential, type Identity, keepIdentity } from './identity.ts';
import type { InstallConfig } from './install.ts';
import type { CareStore } from './store.ts';

/** What a gateway that is not let in yet can say to the person beside it. */
export type Waiting =
  | { for: 'server'; serial: string; reason: string }
  | { for: 'approval'; serial: string; fingerprint: string; id: string }
  | { for: 'nothing'; serial: string; reason: string };

export interface EnrolOptions {
  install: InstallConfig;
  store: CareStore;
  signal: AbortSignal;
  onWaiting: (waiting: Waiting) => void;
  /** Pause between two tries; the server's word unless said. */
  pollMs?: number | undefined;
}

const PATH = '/api/v1/ingest/enrolments';
const RETRY_MS = 15 * SECOND;
const ANSWER_MS = 10 * SECOND;
const Stored = z.object({ secret: z.string(), id: z.string().optional() });

/**
 * Announces the gateway, waits for a person's decision and collects the credential. The secret is kept on disk first, so a power cut at
 * any moment goes on where it was.
 *
 * @returns undefined when it was refused, or the signal ended the wait
 */
export async function enrol(options: EnrolOptions): Promise<Identity | undefined> {
  const { install, store, signal, onWaiting, pollMs } = options;
  const { serial } = install;
  const stored = store.read('enrolment', Stored) ?? { secret: randomBytes(32).toString('base64url') };
  store.write('enrolment', stored);
  const { secret } = stored;
  const fingerprint = enrolmentFingerprint(createHash('sha256').update(secret).digest('hex'));
  while (!signal.aborted) {
    let pauseMs = RETRY_MS;
    try {
      const status = EnrolmentStatus.parse(await announce(install, secret, signal));
      if (status.state === 'refused') {
        onWaiting({ for: 'nothing', serial, reason: status.reason ?? '' });
        return undefined;
      }
      if (status.state === 'completed') {
        // the credential was used once and is lost here: only a new secret, and a new decision, help
        store.write('enrolment', { secret: randomBytes(32).toString('base64url') });
        return await enrol(options);
      }
      if (status.state !== 'pending' && status.gateway !== undefined) {
        return await collect({ install, store, secret, signal }, status.id, status.gateway);
      }
      onWaiting({ for: 'approval', serial, fingerprint, id: status.id });
      pauseMs = status.pollAfterS * SECOND;
    } catch (error) {
      if (signal.aborted) return undefined;
      onWaiting({ for: 'server', serial, reason: error instanceof Error ? error.message : String(error) });
    }
    await delay(pollMs ?? pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

function announce(
  { serial, model, firmware, careUrl }: InstallConfig,
  secret: string,
  signal: AbortSignal,
): Promise<unknown> {
  const body = Announcement.parse({ v: 1, serial, model, firmware, secret });
  return request(`${careUrl}${PATH}`, { body, signal });
}

interface Collecting {
  install: InstallConfig;
  store: CareStore;
  secret: string;
  signal: AbortSignal;
}

async function collect({ install, store, secret, signal }: Collecting, id: string, gateway: string): Promise<Identity> {
  const own = install.credential === 'certificate' ? freshCredential(gateway, 'certificate').credential : undefined;
  const body = own?.kind === 'certificate' ? { certificate: own.cert } : {};
  const issued = IssuedCredential.parse(
    await request(`${install.careUrl}${PATH}/${id}/credential`, { body, secret, signal }),
  );
  if (own) return keepIdentity(store, issued.gateway, own);
  if (issued.token === undefined) throw new GanzhiError('invalid-payload', 'The server sent no token.');
  return keepIdentity(store, issued.gateway, { kind: 'token', token: issued.token });
}

const codeOf = (code: string | undefined): ErrorCode =>
  code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'unavailable';

const Problem = z.object({ code: z.string(), detail: z.string().optional() });

/** @throws GanzhiError with the server's code, or what fetch throws */
async function request(
  url: string,
  { body, secret, signal }: { body: unknown; secret?: string; signal: AbortSignal },
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(secret ? { authorization: `Bearer ${secret}` } : {}) },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const problem = Problem.safeParse(answer).data;
  const code = codeOf(problem?.code);
  throw new GanzhiError(code, problem?.detail ?? `The server answered ${response.status}.`);
}
