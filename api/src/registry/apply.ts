import { dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { Refusal, wrongField } from '../errors/refuse.ts';
import type { NewChange } from './change.ts';
import { type FactSource, writeAttributes, writeEnd, writeFirstFacts } from './facts.ts';
import { assertNoAccounts, assertNoShares, heldBy, transferAll } from './holdings.ts';
import { assertFree, assertReferences, existingInstitution, type RegisteredInstitution } from './institutions.ts';
import { CHANGE_NAMES, MEMBER_STATES, next, type State } from './life-cycle.ts';
import { applySplit, checkSplit } from './split.ts';

/** Who does it, on whose paper. */
export interface Doing {
  changeId: number | null;
  by: string;
  at: number;
}

/** A change as it stands in the registry; an entry takes its day and document from the draft. */
export type StoredChange = NewChange & { effectiveOn: string; sourceDocument: string };

/**
 * Whether a change fits the registry as it is; said when it is handed in and again when it is approved.
 *
 * @throws Refusal `invalid-request` (field), `conflict` (state, order of days, what still hangs on it), `not-found`
 */
export async function checkChange(tx: Tx, change: StoredChange, now: number): Promise<RegisteredInstitution> {
  const institution = await existingInstitution(tx, change.institutionId, true);
  if (change.kind === 'entry') return institution;
  next(institution.state, change.kind, 'submit');
  await checkDay(tx, institution, change, now);
  if (change.kind === 'attributes') {
    await assertReferences(tx, change.attributes, institution.id);
    await assertFree(tx, change.attributes, institution.id);
  }
  if (change.kind === 'removal') await assertNothingHeld(tx, institution);
  if (change.kind === 'merger') {
    if (change.successorId === institution.id) {
      throw wrongField('successorId', { zh: '不能并入本机构自身。', en: 'A body cannot merge into itself.' });
    }
    await livingSuccessor(tx, change.successorId, 'successorId', change.effectiveOn);
    await assertNoShares(tx, institution.id, change.effectiveOn);
    await assertNoAccounts(tx, institution.id);
  }
  if (change.kind === 'split') {
    for (const [i, part] of change.parts.entries()) {
      await livingSuccessor(tx, part.institutionId, `parts.${i}.institutionId`, change.effectiveOn);
    }
    await assertNoShares(tx, institution.id, change.effectiveOn);
    await assertNoAccounts(tx, institution.id);
    await checkSplit(tx, institution, change.parts);
  }
  return institution;
}

/** Does what was approved: state, event, dated attributes, and who holds which meter from that day on. */
export async function applyChange(tx: Tx, change: StoredChange, doing: Doing): Promise<void> {
  const institution = await checkChange(tx, change, doing.at);
  const state = next(institution.state, change.kind, 'approve');
  const source: FactSource = { ...doing, validFrom: change.effectiveOn, sourceDocument: change.sourceDocument };
  const today = dateText(doing.at);
  switch (change.kind) {
    case 'entry':
      await writeFirstFacts(tx, institution, source);
      break;
    case 'attributes':
      return writeAttributes(tx, institution, change.attributes, source, today);
    case 'merger': {
      const successor = await existingInstitution(tx, change.successorId, true);
      const { areaM2 = addedArea(institution, successor), headcount = institution.headcount + successor.headcount } =
        change;
      await writeAttributes(tx, successor, { areaM2, headcount }, source, today);
      await writeEnd(tx, institution, source);
      await transferAll(tx, {
        from: institution.id,
        to: successor.id,
        day: change.effectiveOn,
        changeId: doing.changeId,
        at: doing.at,
      });
      break;
    }
    case 'split':
      await writeEnd(tx, institution, source);
      await applySplit(tx, institution, change.parts, {
        day: change.effectiveOn,
        changeId: doing.changeId,
        at: doing.at,
      });
      break;
    default:
  }
  await enterState(tx, institution, state, change, doing);
}

/** The sum, exact: areas have two decimals. */
function addedArea(a: RegisteredInstitution, b: RegisteredInstitution): string {
  const cents = [a, b].reduce((sum, { areaM2 }) => sum + BigInt(areaM2.replace('.', '')), 0n);
  const text = cents.toString().padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}

async function enterState(
  tx: Tx,
  institution: RegisteredInstitution,
  state: State,
  change: StoredChange,
  { changeId, by, at }: Doing,
): Promise<void> {
  const successors =
    change.kind === 'merger'
      ? [change.successorId]
      : change.kind === 'split'
        ? change.parts.map((one) => one.institutionId)
        : [];
  // the first event says since when it was there: without it, states of the past could not be told
  await tx.query(
    `insert into registry.institution_event (institution_id, state, effective_on, recorded_at, recorded_by)
     select i.id, i.state, i.member_from, i.created_at, 'registry' from registry.institution i
     where i.id = $1 and i.state in ('active', 'suspended')
       and not exists (select from registry.institution_event e where e.institution_id = i.id)`,
    [institution.id],
  );
  await tx.query(
    `insert into registry.institution_event (institution_id, state, effective_on, successors, change_id, recorded_at, recorded_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [institution.id, state, change.effectiveOn, successors, changeId, new Date(at), by],
  );
  await tx.query('update registry.institution set state = $2, version = version + 1 where id = $1', [
    institution.id,
    state,
  ]);
}

/** @throws Refusal `invalid-request`: in the future, before it was there, or before an earlier turn of its life */
async function checkDay(tx: Tx, institution: RegisteredInstitution, change: StoredChange, now: number): Promise<void> {
  const { effectiveOn, kind } = change;
  if (effectiveOn > dateText(now)) {
    throw wrongField('effectiveOn', {
      zh: '生效日期不能晚于今天，请在生效当日或之后提交。',
      en: 'The day lies ahead; hand it in on that day or later.',
    });
  }
  const { rows } = await tx.query<{ last: string | null }>(
    'select max(effective_on) as last from registry.institution_event where institution_id = $1',
    [institution.id],
  );
  const last = rows[0]?.last ?? null;
  const first = institution.memberFrom;
  if (first !== '-infinity' && effectiveOn < first) {
    throw wrongField('effectiveOn', {
      zh: `该机构自 ${first} 起在库，生效日期不能更早。`,
      en: `The institution is in the registry since ${first}; the day cannot be earlier.`,
    });
  }
  if (kind === 'attributes' || last === null || last === '-infinity' || effectiveOn > last) return;
  throw wrongField('effectiveOn', {
    zh: `该机构已有 ${last} 生效的状态变更，“${CHANGE_NAMES[kind].zh}”须晚于该日。`,
    en: `Its state changed on ${last}; ${CHANGE_NAMES[kind].en} must be later than that.`,
  });
}

async function livingSuccessor(tx: Tx, id: number, path: string, day: string): Promise<void> {
  const { rows } = await tx.query<{ state: State; since: string }>(
    'select state, member_from as since from registry.institution where id = $1 for update',
    [id],
  );
  const [row] = rows;
  if (!row || !MEMBER_STATES.includes(row.state)) {
    throw wrongField(path, {
      zh: '承接机构不存在或不在库，请先办理其入库。',
      en: 'There is no such successor in the registry; have its entry approved first.',
    });
  }
  if (row.since !== '-infinity' && row.since > day) {
    throw wrongField(path, {
      zh: `承接机构自 ${row.since} 起在库，晚于生效日期。`,
      en: `The successor is in the registry since ${row.since} only, later than the day of this change.`,
    });
  }
}

/** @throws Refusal `conflict` naming meters and accounts that nobody would report */
async function assertNothingHeld(tx: Tx, { id }: RegisteredInstitution): Promise<void> {
  const held = await heldBy(tx, id);
  if (held.length === 0) return;
  const names = held.map(({ code }) => code).join('、');
  throw new Refusal('conflict', {
    zh: `该机构名下仍有表计或用能账户（${names}），请先移交；整体移交请办理合并。`,
    en: `Meters or accounts still hang on it (${held.map(({ code }) => code).join(', ')}). Hand them over first, or merge it.`,
  });
}
