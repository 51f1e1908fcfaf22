import type { Tx } from '@ganzhi/schemas/db';
import { bookLedger, type Ledger } from '../rules/ledger.ts';
import { type Reach, reachOf } from '../rules/reach.ts';
import { readContexts, type Task } from './context.ts';
import { joinCauses, type RegisterId, registerKey } from './marks.ts';

/** What a mark changes: the new ledger of its surroundings, and which part of the stored one it replaces. */
export interface Window extends RegisterId {
  readonly cause: string;
  readonly reach: Reach;
  readonly ledger: Ledger;
}

/** Readings on either side of a mark at first: two reaches and an hour of a 15-minute meter. */
const FIRST_MARGIN = 64;
const GROWTH = 4;

/** Windows of some marks; of one register they never overlap, so that no row is written twice. */
export async function findWindows(tx: Tx, tasks: readonly Task[]): Promise<Window[]> {
  const found: (Window & { task: Task })[] = [];
  for (let open = [...tasks], margin = FIRST_MARGIN; open.length > 0; margin *= GROWTH) {
    const contexts = await readContexts(tx, open, margin);
    open = open.filter((task, i) => {
      const context = contexts[i];
      if (!context) return false;
      const ledger = bookLedger(context.readings, task.facts);
      const reach = reachOf(ledger, context);
      if (reach) found.push({ ...task, reach, ledger, task });
      return !reach;
    });
  }
  const byRegister = Map.groupBy(found, registerKey);
  const overlapping = [...byRegister.values()].filter((windows) => windows.length > 1 && overlaps(windows));
  if (overlapping.length === 0) return found;
  const again = overlapping.map((windows) => hull(windows.map(({ task }) => task)));
  const isAgain = new Set(again.map(registerKey));
  return [...found.filter((window) => !isAgain.has(registerKey(window))), ...(await findWindows(tx, again))];
}

function overlaps(windows: readonly Window[]): boolean {
  const ordered = windows.toSorted((a, b) => a.reach.hourFrom - b.reach.hourFrom);
  return ordered.slice(1).some(({ reach }, i) => {
    const before = ordered[i]?.reach;
    return before !== undefined && (reach.hourFrom < before.hourTo || reach.stepFrom < before.stepTo);
  });
}

/** One task over all of a register's. */
function hull(tasks: readonly Task[]): Task {
  const [first] = tasks;
  if (!first) throw new RangeError('A hull needs a task.');
  return {
    ...first,
    fromTs: Math.min(...tasks.map(({ fromTs }) => fromTs)),
    toTs: Math.max(...tasks.map(({ toTs }) => toTs)),
    cause: joinCauses(tasks.map(({ cause }) => cause)),
  };
}

/** Rows in memory at once, about. */
const READINGS_AT_ONCE = 60_000;

/** Consecutive marks in groups, each small enough to be read and computed at once. */
export function groupTasks(tasks: readonly Task[]): Task[][] {
  const groups: Task[][] = [];
  let room = 0;
  for (const task of tasks) {
    const readings = readingsOf(task);
    const group = groups.at(-1);
    if (group && readings <= room) group.push(task);
    else {
      groups.push([task]);
      room = READINGS_AT_ONCE;
    }
    room -= readings;
  }
  return groups;
}

/** A meter that is read more often than expected (live, each minute) has more: that is what the room is for. */
const readingsOf = ({ fromTs, toTs, facts }: Task): number =>
  2 * FIRST_MARGIN + (2 * (toTs - fromTs)) / (facts.intervalS * 1_000);
