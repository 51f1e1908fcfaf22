import { createHash, randomBytes } from 'node:crypto';
import type { RotationResult } from '@ganzhi/schemas';
import { z } from 'zod';
import { createSelfSigned } from './certificate.ts';
import type { Credential } from './hooks.ts';
import type { CareStore } from './store.ts';

const StoredCredential = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('token'), token: z.string() }),
  z.object({ kind: z.literal('certificate'), key: z.string(), cert: z.string() }),
]);

const StoredIdentity = z.object({
  code: z.string(),
  current: StoredCredential,
  /** Of a rotation: tried first; the current one is kept until it was accepted. */
  next: StoredCredential.optional(),
});
type StoredIdentity = z.infer<typeof StoredIdentity>;

/** Who the gateway is, on disk. */
export interface Identity {
  readonly code: string;
  /** What to present now. */
  credential(): Credential;
  /** Makes the next credential and keeps it beside the current one; what the server is to know of it. */
  prepareNext(): RotationResult;
  /** From now on the next one is presented. @returns false when there is none */
  tryNext(): boolean;
  /** A next one is kept, and the current one is presented: the server did not know the next one yet. */
  hasWaitingNext(): boolean;
  /** The server took what was presented: the next one becomes the current one. */
  accepted(): void;
  /** The server refused it: back to the other one, if there is one. @returns true when there is something else to try */
  refused(): boolean;
}

const NAME = 'identity';

/** The identity that is kept here, or undefined before the enrolment. */
export const loadIdentity = (store: CareStore): Identity | undefined => {
  const stored = store.read(NAME, StoredIdentity);
  return stored && identityOf(store, stored);
};

/** Keeps a new identity; one that was there is replaced. */
export function keepIdentity(store: CareStore, code: string, credential: Credential): Identity {
  const stored = { code, current: credential };
  store.write(NAME, stored);
  return identityOf(store, stored);
}

function identityOf(store: CareStore, initial: StoredIdentity): Identity {
  let stored = initial;
  // after a restart in the middle of a rotation the server may know either: the next one first, then the current one
  let presentsNext = stored.next !== undefined;
  const keep = (identity: StoredIdentity) => {
    store.write(NAME, identity);
    stored = identity;
  };
  return {
    code: stored.code,
    credential: () => (presentsNext ? (stored.next ?? stored.current) : stored.current),
    prepareNext() {
      const { credential, sha256 } = freshCredential(stored.code, stored.current.kind);
      presentsNext = false;
      keep({ ...stored, next: credential });
      return { kind: credential.kind, sha256 };
    },
    tryNext() {
      presentsNext = stored.next !== undefined;
      return presentsNext;
    },
    hasWaitingNext: () => stored.next !== undefined && !presentsNext,
    accepted() {
      if (presentsNext && stored.next) keep({ code: stored.code, current: stored.next });
      presentsNext = false;
    },
    refused() {
      if (!stored.next) return false;
      presentsNext = !presentsNext;
      return true;
    },
  };
}

/** A credential of the same kind, and the digest by which the server will know it. */
export function freshCredential(code: string, kind: Credential['kind']): { credential: Credential; sha256: string } {
  if (kind === 'token') {
    const token = randomBytes(32).toString('base64url');
    return { credential: { kind, token }, sha256: createHash('sha256').update(token).digest('hex') };
  }
  const { key, cert, sha256 } = createSelfSigned(code);
  return { credential: { kind, key, cert }, sha256 };
}
