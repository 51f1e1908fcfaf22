import type { BatchAck } from '@ganzhi/schemas';
import { type Decoder, decode } from '../../pipeline/decode.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { poisonMessage } from '../../pipeline/quarantine.ts';

/**
 * Keeps a message of a gateway that the registry does not know (or no longer lets in), though the outside broker did: whole, in
 * quarantine, for the day when somebody registers it.
 *
 * @returns the acknowledgement after the commit; undefined when the message names no batch
 */
export async function keepStranger(
  pipeline: Pipeline,
  code: string,
  payload: Buffer,
  sender: AbortSignal,
  why: string,
): Promise<BatchAck | undefined> {
  let batch: string | undefined;
  const decoder: Decoder = (bytes) => {
    batch = decode(bytes).batch;
    return { batch: undefined, quarantined: [poisonMessage('unknown-gateway', why, bytes)] };
  };
  await pipeline.accept({ gateway: { ...NOBODY, code }, payload, sender, source: 'mqtt', decoder });
  return batch === undefined ? undefined : { batch, status: 'rejected', rejected: [] };
}

/** No gateway of the registry has this number; nothing but quarantine is written for it. */
const NOBODY = {
  id: 0,
  tokenSha256: Buffer.alloc(32),
  simulatedTime: false,
  enabled: false,
  dialect: 'native',
} as const;
