import type { Tx } from '@ganzhi/schemas/db';
import { readLine } from './cells.ts';
import {
  changedFields,
  KINDS,
  type Kind,
  type KindName,
  keyOf,
  type Planned,
  type Reference,
  type Values,
} from './kind.ts';
import { KIND_OF } from './kinds/index.ts';

/** A line of a file as it was read. */
export interface GivenLine {
  kind: KindName;
  line: number;
  /** Texts by field. */
  given: Readonly<Record<string, string>>;
}

export interface LineError {
  kind: KindName;
  line: number;
  field: string | null;
  zh: string;
  en: string;
}

export interface Plan {
  planned: Planned[];
  errors: LineError[];
}

/**
 * What a file would do to the registry as it stands, line by line, or what is wrong with it. Reads and locks only what the
 * file names; run again at the commit, it must come to the same.
 */
export async function makePlan(
  tx: Tx,
  lines: readonly GivenLine[],
  reference: Reference,
  onProgress: (done: number) => void = () => undefined,
): Promise<Plan> {
  const errors: LineError[] = [];
  const plan = new Map<KindName, Planned[]>();
  let done = 0;
  for (const name of KINDS) {
    const own = lines.filter(({ kind }) => kind === name);
    if (own.length === 0) continue;
    const kind = KIND_OF[name];
    const planned = await planKind(tx, kind, own, reference, errors);
    const faults = await kind.faults(tx, planned, plan);
    planned.forEach(({ line }, i) => {
      for (const fault of faults[i] ?? []) errors.push({ kind: name, line, ...fault });
    });
    plan.set(name, planned);
    done += own.length;
    onProgress(done);
  }
  return { planned: [...plan.values()].flat(), errors };
}

async function planKind(
  tx: Tx,
  kind: Kind,
  lines: readonly GivenLine[],
  reference: Reference,
  errors: LineError[],
): Promise<Planned[]> {
  const read = lines.map(({ line, given }) => ({ line, ...readLine(kind.fields, given, reference) }));
  for (const { line, faults } of read) {
    for (const { field, words } of faults) errors.push({ kind: kind.name, line, field, ...words });
  }
  const named = read.flatMap((one) => {
    const missing = kind.key.find((name) => one.values[name] === undefined || one.values[name] === null);
    if (missing === undefined) return [{ ...one, key: keyOf(kind, one.values) }];
    // a key cell that was wrong has said so already
    if (!one.faults.some(({ field }) => field === missing)) errors.push(needed(kind, one.line, missing));
    return [];
  });
  const first = new Map<string, number>();
  const current = await kind.current(tx, [...new Set(named.map(({ key }) => key))]);
  return named.flatMap(({ line, key, values, faults }) => {
    const earlier = first.get(key);
    if (earlier !== undefined) {
      errors.push(twice(kind, line, earlier));
      return [];
    }
    first.set(key, line);
    const registered = current.get(key);
    const after = merged(kind, registered?.values, values);
    const empty = registered
      ? []
      : kind.fields.filter(({ name, required }) => required && (after[name] === null || after[name] === ''));
    const wrong = new Set(faults.map(({ field }) => field));
    for (const { name } of empty) if (!wrong.has(name)) errors.push(needed(kind, line, name));
    if (empty.length > 0) return [];
    const same = registered !== undefined && changedFields(kind, registered.values, after).length === 0;
    const action = registered ? (same ? 'unchanged' : 'update') : 'create';
    return [{ kind: kind.name, line, key, action, current: registered, after } satisfies Planned];
  });
}

/** Cells that are not there leave what is registered; a new record begins with the usual values. */
function merged(kind: Kind, before: Values | undefined, given: Values): Values {
  const values = Object.fromEntries(
    kind.fields.map(({ name, initial = null }) => [
      name,
      given[name] ?? (name in given ? null : before ? (before[name] ?? null) : initial),
    ]),
  );
  return kind.complete ? kind.complete(values) : values;
}

const needed = (kind: Kind, line: number, name: string): LineError => {
  const field = kind.fields.find((one) => one.name === name);
  return { kind: kind.name, line, field: name, zh: `${field?.zh}必填。`, en: `${field?.en} is needed.` };
};

const twice = (kind: Kind, line: number, earlier: number): LineError => ({
  kind: kind.name,
  line,
  field: kind.key.at(-1) ?? null,
  zh: `与第 ${earlier} 行重复，请删除其中一行。`,
  en: `The same as line ${earlier}; take one of them out.`,
});
