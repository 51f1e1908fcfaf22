import { Refusal } from '../../errors/refuse.ts';

/**
 * Checklists with scores and veto items (★), as supervision, creation schemes and canteen evaluations share them. A template
 * is data; its wording comes from the authority that issues it.
 */
export interface Item {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  /** Points at most; 0 for an item that is only passed or failed. */
  readonly maxPoints: number;
  /** A failed veto item fails the whole, whatever the points. */
  readonly veto?: boolean;
}

export interface Grade {
  readonly code: string;
  /** Lowest share of the points that could be had, 0 to 1. */
  readonly from: number;
}

export interface Template {
  readonly items: readonly Item[];
  /** From best to worst; the last begins at 0. */
  readonly grades: readonly Grade[];
}

export interface Answer {
  readonly code: string;
  /** null: does not apply here; the item leaves the count. */
  readonly points: number | null;
  /** For veto items: met or not. */
  readonly met?: boolean;
  readonly remark?: string;
}

export interface Score {
  readonly points: number;
  /** Points that could be had among the items that apply. */
  readonly of: number;
  /** null where no item applies. */
  readonly share: number | null;
  /** Veto items that are not met. */
  readonly vetoes: readonly string[];
  /** Items without an answer: while there are any there is no grade. */
  readonly open: readonly string[];
  readonly grade: string | null;
}

/** Grade of a sheet that a veto item fails. */
export const VETOED = 'vetoed';

/**
 * @throws Refusal `invalid-request` naming the item: doubled code, no points to gain, grades not falling to 0
 */
export function checkTemplate({ items, grades }: Template): void {
  const codes = new Set<string>();
  for (const { code, maxPoints, veto } of items) {
    if (codes.has(code)) throw refuse(code, '编号重复', 'stands twice');
    codes.add(code);
    if (!Number.isFinite(maxPoints) || maxPoints < 0) throw refuse(code, '分值不得为负', 'has negative points');
    if (maxPoints === 0 && !veto) throw refuse(code, '既无分值也非否决项', 'has neither points nor a veto');
  }
  const falling = grades.every(({ from }, i) => i === 0 || from < (grades[i - 1]?.from ?? 0));
  if (grades.length === 0 || !falling || grades.at(-1)?.from !== 0) {
    throw refuse('grades', '等级须由高到低并以 0 结尾', 'must fall from best to worst and end at 0');
  }
}

/**
 * Points, vetoes and grade of a sheet, complete or not.
 *
 * @throws Refusal `invalid-request` naming the item: unknown, answered twice, points out of range, a veto item without "met"
 */
export function scoreOf({ items, grades }: Template, answers: readonly Answer[]): Score {
  const byCode = new Map(answers.map((answer) => [answer.code, answer]));
  if (byCode.size < answers.length) throw refuse('answers', '同一条目重复作答', 'answer an item twice');
  const known = new Map(items.map((item) => [item.code, item]));
  for (const answer of answers) checkAnswer(known.get(answer.code), answer);

  const applying = items.filter(({ code }) => byCode.get(code)?.points !== null);
  const answered = applying.flatMap((item) => {
    const answer = byCode.get(item.code);
    return answer ? [{ item, answer }] : [];
  });
  const points = sum(answered.map(({ answer }) => answer.points ?? 0));
  const of = sum(applying.map(({ maxPoints }) => maxPoints));
  const share = of === 0 ? null : points / of;
  const vetoes = answered.filter(({ item, answer }) => item.veto && !answer.met).map(({ item }) => item.code);
  const open = applying.filter(({ code }) => !byCode.has(code)).map(({ code }) => code);
  const grade = gradeOf(grades, { share, vetoed: vetoes.length > 0, complete: open.length === 0 });
  return { points, of, share, vetoes, open, grade };
}

function gradeOf(
  grades: readonly Grade[],
  { share, vetoed, complete }: { share: number | null; vetoed: boolean; complete: boolean },
): string | null {
  if (vetoed) return VETOED;
  if (!complete || share === null) return null;
  return grades.find(({ from }) => share >= from)?.code ?? null;
}

function checkAnswer(item: Item | undefined, { code, points, met }: Answer): void {
  if (!item) throw refuse(code, '不在清单中', 'is not on the list');
  if (points === null) return;
  if (!Number.isFinite(points) || points < 0 || points > item.maxPoints) {
    throw refuse(code, `得分须在 0 至 ${item.maxPoints} 之间`, `takes 0 to ${item.maxPoints} points`);
  }
  if (item.veto && met === undefined)
    throw refuse(code, '为否决项，须注明是否达标', 'is a veto item: say whether it is met');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const refuse = (code: string, zh: string, en: string): Refusal =>
  new Refusal(
    'invalid-request',
    { zh: `${code}：${zh}。`, en: `${code} ${en}.` },
    { fields: [{ path: code, code: 'invalid', message: en }] },
  );
