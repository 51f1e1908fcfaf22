import { createHash, createHmac } from 'node:crypto';
import { Refusal } from '../../errors/refuse.ts';

/**
 * Random draw of experts or sites. The list is sealed (a digest over all candidates) before chance is let in; the order then
 * follows from the digest and the seed alone, so that anybody who holds the record can draw again and must get the same.
 */
export interface Recusal {
  readonly id: string;
  readonly reason: string;
}

export type Outcome = 'drawn' | 'recused' | 'not-reached';

export interface Step {
  readonly id: string;
  /** HMAC-SHA256 of the candidate under the seed, hex: the smallest comes first. */
  readonly lot: string;
  readonly outcome: Outcome;
}

export interface DrawRecord {
  readonly candidates: readonly string[];
  readonly listDigest: string;
  readonly wanted: number;
  readonly recusals: readonly Recusal[];
  /** 32 bytes, hex; made when the draw is held, never before the list is sealed. */
  readonly seed: string;
  readonly steps: readonly Step[];
}

/**
 * Digest of a list, whatever order it was entered in: SHA-256 (hex) over its JSON, sorted by code unit.
 *
 * @throws Refusal `invalid-request` when the list is empty or names somebody twice
 */
export function sealList(candidates: readonly string[]): { candidates: string[]; listDigest: string } {
  const sorted = [...candidates].sort();
  const twice = sorted.find((id, i) => id === sorted[i - 1]);
  if (sorted.length === 0 || twice !== undefined) {
    throw new Refusal('invalid-request', {
      zh: twice === undefined ? '候选名单为空。' : `候选名单中 ${twice} 出现两次，请去重。`,
      en: twice === undefined ? 'The list of candidates is empty.' : `The list names ${twice} twice; remove one.`,
    });
  }
  return { candidates: sorted, listDigest: createHash('sha256').update(JSON.stringify(sorted)).digest('hex') };
}

/**
 * Draws `wanted` of a sealed list. Who is recused keeps a lot, is passed over and stays in the log with the reason.
 *
 * @param seed 32 bytes, hex
 * @throws Refusal `conflict` when recusals leave fewer than wanted
 */
export function draw(input: Omit<DrawRecord, 'steps'>): Step[] {
  const { candidates, listDigest, wanted, recusals, seed } = input;
  const recused = new Set(recusals.map(({ id }) => id));
  const eligible = candidates.filter((id) => !recused.has(id)).length;
  if (eligible < wanted) {
    throw new Refusal('conflict', {
      zh: `需抽取 ${wanted} 名，回避后仅余 ${eligible} 名。请扩充名单后重新封存。`,
      en: `${wanted} are wanted and ${eligible} remain after recusal. Seal a longer list.`,
    });
  }
  let left = wanted;
  return candidates
    .map((id) => ({ id, lot: createHmac('sha256', seed).update(`${listDigest}\n${id}`).digest('hex') }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .map(({ id, lot }): Step => {
      if (left === 0) return { id, lot, outcome: 'not-reached' };
      if (recused.has(id)) return { id, lot, outcome: 'recused' };
      left -= 1;
      return { id, lot, outcome: 'drawn' };
    });
}

/** Holds a record against its own rules. Undefined: the record is sound; otherwise what is wrong with it. */
export function flawOf(record: DrawRecord): 'list-changed' | 'result-changed' | undefined {
  if (sealList(record.candidates).listDigest !== record.listDigest) return 'list-changed';
  const again = draw(record);
  const same =
    again.length === record.steps.length &&
    again.every((step, i) => {
      const kept = record.steps[i];
      return kept?.id === step.id && kept.lot === step.lot && kept.outcome === step.outcome;
    });
  return same ? undefined : 'result-changed';
}
