/** Decisions of persons about readings and steps: facts that a recomputation applies like any other. */

/**
 * - `accept`: the readings inside are real, whatever the classifier says of them;
 * - `set-aside`: the readings inside are no registers;
 * - `book`: what moved forward inside is consumption, however large;
 * - `dispute`: the steps inside wait, however plausible.
 */
export const VERDICTS = ['accept', 'set-aside', 'book', 'dispute'] as const;
export type EditVerdict = (typeof VERDICTS)[number];

export interface Edit {
  /** Number of the edit, named in the evidence. */
  readonly id: number;
  readonly verdict: EditVerdict;
  /** Both included, epoch milliseconds. */
  readonly fromTs: number;
  readonly toTs: number;
}

/** The latest edit of one of these verdicts that holds for an instant. */
export const editAt = (
  edits: readonly Edit[] | undefined,
  ts: number,
  verdicts: readonly EditVerdict[],
): Edit | undefined =>
  edits?.findLast((edit) => verdicts.includes(edit.verdict) && edit.fromTs <= ts && ts <= edit.toTs);

/** The latest edit of one of these verdicts that holds for a whole step. */
export const editOver = (
  edits: readonly Edit[] | undefined,
  fromTs: number,
  toTs: number,
  verdicts: readonly EditVerdict[],
): Edit | undefined =>
  edits?.findLast((edit) => verdicts.includes(edit.verdict) && edit.fromTs <= fromTs && toTs <= edit.toTs);
