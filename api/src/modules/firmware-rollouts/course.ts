import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { cohortsOf, stateAfter } from './rules.ts';
import type { CreateRollout, DecideRollout } from './schema.ts';
import { candidates, findRollout, insertRollout, lockCreation, type RolloutRow, setState } from './sql.ts';
import { findImage } from './sql-images.ts';

/** What people do with a roll-out; analytics judges it in between. */

const NAMED_IN_ANSWER = 5;

/**
 * Chooses the gateways, draws their cohorts and begins.
 *
 * @returns id of the roll-out
 * @throws Refusal when the image's key is retired, a gateway is not to be had or in another roll-out, or none is left
 */
export async function beginRollout(
  tx: Tx,
  body: z.infer<typeof CreateRollout>,
  who: { by: string; at: number },
): Promise<string> {
  await lockCreation(tx);
  const image = await findImage(tx, body.imageId);
  if (!image) throw notFound();
  if (image.key_retired_at !== null) throw keyRetired();
  const found = await candidates(tx, image, body);
  const absent = (body.gateways ?? []).filter((code) => !found.some((gateway) => gateway.code === code));
  if (absent.length > 0) {
    const names = absent.slice(0, NAMED_IN_ANSWER).join(', ');
    throw wrongField('gateways', {
      zh: `没有这些网关，或已停用、为其他厂商所有：${names}`,
      en: `These are not there, disabled, or of another maker: ${names}`,
    });
  }
  const taken = found.filter((gateway) => gateway.taken).map(({ code }) => code);
  if (taken.length > 0) {
    const names = taken.slice(0, NAMED_IN_ANSWER).join(', ');
    throw new Refusal('conflict', {
      zh: `${taken.length} 台网关仍在另一升级批次中，请先完成或中止：${names}`,
      en: `${taken.length} gateways are in another roll-out that is not over; end or abort it first: ${names}`,
    });
  }
  if (found.length === 0) {
    throw new Refusal('conflict', {
      zh: `没有型号为 ${image.model} 且尚未运行 ${image.version} 的网关；型号未知的网关须在 gateways 中列出。`,
      en: `No gateway of model ${image.model} lacks ${image.version}; name those of unknown model in gateways.`,
    });
  }
  const stages = cohortsOf(
    found.map(({ code }) => code),
    body.stages,
    `${image.sha256}\n${who.at}`,
  );
  const members = found.map(({ id, code }) => ({ id, stage: stages.get(code) ?? 1 }));
  return insertRollout(tx, body, members, who);
}

/**
 * Pauses, resumes or aborts.
 *
 * @throws Refusal `conflict` where the roll-out is over or already so, or its image's key was retired
 */
export async function decideRollout(
  tx: Tx,
  id: string,
  { kind, reason }: z.infer<typeof DecideRollout>,
  now: number,
): Promise<{ before: RolloutRow; after: RolloutRow }> {
  const before = await findRollout(tx, id, true);
  if (!before) throw notFound();
  const state = stateAfter(kind, before.state);
  if (state === undefined) {
    throw new Refusal('conflict', {
      zh: `该升级批次的状态为 ${before.state}，不能执行 ${kind}。`,
      en: `The roll-out is ${before.state}: ${kind} does not apply.`,
    });
  }
  if (kind === 'resume' && before.key_retired_at !== null) throw keyRetired();
  await setState(tx, id, state, reason, now);
  const after = await findRollout(tx, id);
  if (!after) throw notFound();
  return { before, after };
}

const keyRetired = (): Refusal =>
  new Refusal('conflict', {
    zh: '签署该映像的公钥已停用，请上传由有效密钥签署的映像。',
    en: 'The key that signed this image is retired; upload one that is signed by a key in force.',
  });
