import { createHash, createPublicKey, verify } from 'node:crypto';
import { FirmwareOrder, FirmwareReport, GanzhiError, type ImageIdentity, signedText } from '@ganzhi/schemas';
import { z } from 'zod';
import type { CareStore } from './store.ts';

/**
 * Two slots, A and B: one runs, the other takes the next image. A new image is on trial from its first boot; unless it confirms itself
 * the former slot boots again (as U-Boot's boot counter does on a real gateway).
 */
const SLOTS = ['a', 'b'] as const;
type Slot = (typeof SLOTS)[number];

const Stored = z.object({
  /** Slot that holds what is known to work; absent: the firmware the gateway was delivered with. */
  active: z.enum(SLOTS).optional(),
  versions: z.partialRecord(z.enum(SLOTS), z.string()).default({}),
  trial: z
    .object({ slot: z.enum(SLOTS), rollout: z.uuid(), version: z.string(), boots: z.int(), trialMs: z.int() })
    .optional(),
  report: FirmwareReport.optional(),
});
type Stored = z.infer<typeof Stored>;

export interface FirmwareSlots {
  /** Version that runs. */
  version(): string;
  /** Bytes of the image that runs; undefined: as delivered. */
  image(): Buffer | undefined;
  trialMs(): number | undefined;
  report(): FirmwareReport | undefined;
  /**
   * Fetches, verifies and installs an image into the free slot.
   *
   * @returns true when the gateway is to boot it
   */
  install(payload: Buffer): Promise<boolean>;
  confirm(): void;
  /** Boots the former slot. */
  giveUp(reason: string): void;
}

export interface FirmwareSlotsOptions {
  store: CareStore;
  now: () => number;
  model: string;
  /** Version as delivered. */
  delivered: string;
  /** Ed25519 public keys, base64url. */
  keys: readonly string[];
  /** Gets the bytes for a ticket, `size` at most. */
  fetchImage: (ticket: string, size: number) => Promise<Buffer>;
}

const NAME = 'firmware';
/** A trial that boots more often than this has failed: the image may be what makes the gateway restart. */
const MOST_BOOTS = 2;
/** RFC 8410: the header of an Ed25519 public key as SubjectPublicKeyInfo. */
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

export function openFirmwareSlots(options: FirmwareSlotsOptions): FirmwareSlots {
  const { store, now, model, delivered, keys, fetchImage } = options;
  let stored: Stored = store.read(NAME, Stored) ?? { versions: {} };
  let busy = false;
  const keep = (next: Stored) => {
    store.write(NAME, next);
    stored = next;
  };
  const slotOf = ({ trial, active }: Stored): Slot | undefined => trial?.slot ?? active;
  const versionOf = (state: Stored): string => {
    const slot = slotOf(state);
    return (slot && state.versions[slot]) ?? delivered;
  };
  const reported = (
    next: Stored,
    about: { rollout: string; version: string },
    state: FirmwareReport['state'],
    reason?: string,
  ): Stored => ({
    ...next,
    report: {
      v: 1,
      rollout: about.rollout,
      version: about.version,
      state,
      ...(reason === undefined ? {} : { reason: reason.slice(0, 2_000) }),
      running: versionOf(next),
      at: now(),
    },
  });
  const without = ({ trial: _, ...rest }: Stored): Stored => rest;
  const giveUp = (reason: string) => {
    if (stored.trial) keep(reported(without(stored), stored.trial, 'returned', reason));
  };

  if (stored.trial) {
    const boots = stored.trial.boots + 1;
    if (boots > MOST_BOOTS) giveUp(`the gateway restarted ${MOST_BOOTS} times while the image was on trial`);
    else keep({ ...stored, trial: { ...stored.trial, boots } });
  }

  const installImage = async (order: FirmwareOrder): Promise<void> => {
    const fault = refusalOf(order, model, keys);
    if (fault) throw fault;
    const image = await fetchImage(order.ticket, order.image.size);
    if (!isImage(image, order.image)) {
      throw new GanzhiError('image-invalid', 'The bytes that came are not those that were signed.');
    }
    const slot: Slot = stored.active === 'a' ? 'b' : 'a';
    store.writeBytes(`firmware-${slot}.bin`, image);
    const trial = { slot, rollout: order.rollout, version: order.image.version, boots: 0, trialMs: order.trialMs };
    const versions = { ...stored.versions, [slot]: order.image.version };
    keep(reported({ ...stored, versions, trial }, trial, 'trial'));
  };

  return {
    version: () => versionOf(stored),
    image() {
      const slot = slotOf(stored);
      return slot && store.readBytes(`firmware-${slot}.bin`);
    },
    trialMs: () => stored.trial?.trialMs,
    report: () => stored.report,
    async install(payload) {
      const order = parseOrder(payload);
      // an order that comes again, or in the middle of a trial, is answered by the report that is there
      if (!order || busy || stored.trial || order.rollout === stored.report?.rollout) return false;
      busy = true;
      try {
        await installImage(order);
        return true;
      } catch (error) {
        // what may work later is not reported: the server gives the order again
        if (!(error instanceof GanzhiError)) return false;
        const about = { rollout: order.rollout, version: order.image.version };
        keep(reported(stored, about, 'refused', `${error.code}: ${error.message}`));
        return false;
      } finally {
        busy = false;
      }
    },
    confirm() {
      const { trial } = stored;
      if (trial) keep(reported({ ...without(stored), active: trial.slot }, trial, 'confirmed'));
    },
    giveUp,
  };
}

function parseOrder(payload: Buffer): FirmwareOrder | undefined {
  try {
    return FirmwareOrder.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function refusalOf(
  { image, signature }: FirmwareOrder,
  model: string,
  keys: readonly string[],
): GanzhiError | undefined {
  if (image.model !== model)
    return new GanzhiError('image-invalid', `The image is for ${image.model}, this is ${model}.`);
  const text = Buffer.from(signedText(image));
  const signed = Buffer.from(signature, 'base64url');
  if (keys.some((key) => verify(null, text, publicKeyOf(key), signed))) return undefined;
  return new GanzhiError('signature-invalid', 'No key of this gateway (firmwareKeys) has signed the image.');
}

const publicKeyOf = (key: string) =>
  createPublicKey({ key: Buffer.concat([SPKI_HEADER, Buffer.from(key, 'base64url')]), format: 'der', type: 'spki' });

const isImage = (bytes: Buffer, { sha256, size }: ImageIdentity): boolean =>
  bytes.length === size && createHash('sha256').update(bytes).digest('hex') === sha256;
