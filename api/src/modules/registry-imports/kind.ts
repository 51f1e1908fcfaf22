import type { Db, Tx } from '@ganzhi/schemas/db';
import type { BothLanguages } from '../../errors/refuse.ts';

/** What can be imported and exported, in the order in which one may name another. */
export const KINDS = ['institutions', 'buildings', 'gateways', 'utility-accounts', 'meters'] as const;
export type KindName = (typeof KINDS)[number];

export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;

/** A code with the words that people know it by; any of the three is read. */
export interface Choice extends BothLanguages {
  code: string;
}

/** Codes that the registry itself defines, for drop-downs and checks. */
export interface Reference {
  types: readonly Choice[];
  divisions: readonly Choice[];
  lines: readonly Choice[];
  carriers: readonly Choice[];
}

/** One column. */
export interface Field extends BothLanguages {
  name: string;
  /** What to write, for the template. */
  help: BothLanguages;
  width?: number;
  required?: boolean;
  /** Stands for an empty cell of a new record. */
  initial?: Value;
  /** May be emptied by writing "-". */
  clearable?: boolean;
  choices?: (reference: Reference) => readonly Choice[];
  /** The value of a text that is not empty and no choice; or what is wrong with it. */
  read?: (text: string) => Value | BothLanguages;
  example: string;
}

export interface Fault extends BothLanguages {
  /** Null: the line as a whole. */
  field: string | null;
}

/** A record as it is registered. */
export interface Current {
  id: number;
  institutionId: number | null;
  values: Values;
}

/** A line that shall be written. */
export interface Planned {
  kind: KindName;
  line: number;
  key: string;
  action: 'create' | 'update' | 'unchanged';
  current: Current | undefined;
  after: Values;
}

/** What the kinds before it bring; later kinds may name it. */
export type PlanSoFar = ReadonlyMap<KindName, readonly Planned[]>;

/** One kind of record: columns as data, and the few things that differ. */
export interface Kind {
  name: KindName;
  sheet: BothLanguages;
  fields: readonly Field[];
  /** Fields that name a record. */
  key: readonly string[];
  /** What somebody must hold beside data.write. */
  permission?: 'fleet.manage';
  /** Fills in what follows from the rest. */
  complete?(values: Values): Values;
  /** New records in an order in which each finds what it names. */
  ordered?(planned: readonly Planned[]): readonly Planned[];
  /** Registered records by key, locked until the transaction ends. */
  current(tx: Tx, keys: readonly string[]): Promise<Map<string, Current>>;
  /** What is wrong with the lines, in their order. */
  faults(tx: Tx, planned: readonly Planned[], plan: PlanSoFar): Promise<Fault[][]>;
  /** @returns ids by key */
  create(tx: Tx, planned: readonly Planned[], by: Writer): Promise<ReadonlyMap<string, number>>;
  update(tx: Tx, planned: readonly Planned[], by: Writer): Promise<void>;
  /** Names of those that something was built on. */
  inUse(tx: Tx, ids: readonly number[]): Promise<string[]>;
  remove(tx: Tx, ids: readonly number[]): Promise<void>;
  /** Records behind a key, in order of the key. */
  page(db: Db | Tx, afterKey: string, limit: number): Promise<Values[]>;
}

export interface Writer {
  login: string;
  at: number;
}

export const keyOf = (kind: Pick<Kind, 'key'>, values: Values): string =>
  kind.key.map((name) => String(values[name] ?? '')).join('/');

export const isWords = (value: Value | BothLanguages): value is BothLanguages =>
  typeof value === 'object' && value !== null;

/** Names of the fields in which two records differ, in the order of the columns. */
export const changedFields = (kind: Pick<Kind, 'fields'>, before: Values, after: Values): string[] =>
  kind.fields.map(({ name }) => name).filter((name) => (before[name] ?? null) !== (after[name] ?? null));
