/** Answers of the HTTP API v1 that this page reads. Times are RFC 3339 with offset, energy is in the unit given. */

/** Energy of a span; null when nothing is known about it. `coverage` 0 to 1 is the part of it that readings bear out. */
export interface Energy {
  consumption: number | null;
  coverage: number | null;
}

export interface User {
  login: string;
  displayName: string;
  roles: string[];
  permissions: string[];
}

export interface Session {
  user: User;
  csrfToken: string;
  expiresAt: string;
  /** How it was opened. */
  via: 'password' | 'oidc' | null;
}

/** How people log in here; addresses are relative to the page. */
export interface LogInMethods {
  oidc: { start: string; logout: string } | null;
}

export interface HourOfCity extends Energy {
  start: string;
}

export interface CitySummary {
  asOf: string;
  powerKw: number | null;
  powerMeters: { reporting: number; total: number };
  today: Energy & { unit: string };
  yesterdaySameHours: Energy;
  yesterday: Energy;
  institutions: { registered: number; metered: number };
  gateways: { online: number; total: number };
  outboxReadings: number | null;
  completenessToday: number | null;
  history: { done: number; total: number; running: boolean } | null;
  hours: { today: HourOfCity[]; yesterday: HourOfCity[] };
}

export interface Named {
  nameZh: string;
  nameEn: string;
}

export interface CodeName extends Named {
  code: string;
}

export interface InstitutionItem extends CodeName {
  id: number;
  typeCode: string;
  divisionCode: string;
  areaM2: number;
  headcount: number;
  metered: boolean;
  powerKw: number | null;
  today: number | null;
  yesterdaySameHours: number | null;
  coverageToday: number | null;
  lastReadingAt: string | null;
}

/** Annual quota: constraint >= base >= guide, in `unit`. `sample` values are not the standard's. */
export interface Quota {
  year: number;
  constraint: number;
  base: number;
  guide: number;
  unit: string;
  sample: boolean;
  sourceDocument: string;
}

export type Verdict = 'within' | 'over' | 'undecidable';

export interface Institution extends InstitutionItem {
  quota: Quota | null;
  yearToDate: Energy & { share: number | null; verdict: Verdict | null };
}

export interface MeterItem extends CodeName {
  id: number;
  medium: string;
  role: 'main' | 'sub';
  itemCode: string | null;
  parentId: number | null;
  template: string;
  gatewayCode: string | null;
  intervalS: number;
  lastReadingAt: string | null;
  ageS: number | null;
  failure: { code: string; since: string } | null;
  powerKw: number | null;
}

export type BucketState = 'full' | 'partial' | 'gap';

export interface Bucket extends Energy {
  start: string;
  end: string;
  undistributed: number;
  disputed: number;
  state: BucketState;
}

export interface Consumption {
  unit: string;
  grain: string;
  from: string;
  to: string;
  total: Energy & { atLeast: boolean; missing: string[] };
  items: Bucket[];
}

export interface GatewayItem {
  code: string;
  institutionId: number;
  institutionNameZh: string;
  institutionNameEn: string;
  online: boolean;
  lastSeenAt: string | null;
  outboxReadings: number | null;
  outboxOldestAt: string | null;
  clockOffsetS: number | null;
  clock: { state: 'unset' | 'unconfirmed' | 'confirmed' | null } | null;
  firmware: string | null;
  simulatedTime: boolean;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total: number;
}

export const IMPORT_KINDS = ['institutions', 'buildings', 'gateways', 'utility-accounts', 'meters'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];
export type ImportState = 'read' | 'ready' | 'faulty' | 'committed' | 'undone';

export interface RegistryImport {
  id: number;
  fileName: string;
  state: ImportState;
  version: number;
  counts: { kind: ImportKind; rows: number; create: number; update: number; unchanged: number; errors: number }[];
  readErrors: number;
  createdBy: string;
  createdAt: string;
  committedAt: string | null;
  undoneAt: string | null;
  progress: { phase: 'check' | 'commit' | 'undo'; done: number; total: number } | null;
}

export interface ImportChange {
  kind: ImportKind;
  line: number;
  key: string;
  action: 'create' | 'update' | 'unchanged';
  changes: { field: string; zh: string; en: string; before: string | number | null; after: string | number | null }[];
}

export interface ImportError {
  kind: ImportKind;
  sheet: string;
  line: number;
  column: string | null;
  value: string;
  zh: string;
  en: string;
}

/** A list without a total. */
export type OpenPage<T> = Omit<Page<T>, 'total'>;

/** A gateway that asked to be let in. */
export interface Enrolment {
  id: string;
  serial: string;
  model: string;
  sameSerial: number;
  lastSeenAt: string;
}

export interface Replay {
  gatewayCode: string;
  remainingReadings: number | null;
  progress: number | null;
  etaS: number | null;
}

export interface Rollout {
  id: string;
  model: string;
  version: string;
  state: 'running' | 'paused' | 'stopped' | 'completed' | 'aborted';
  stage: number;
  stages: number[];
  reason: string | null;
  progress: Record<'waiting' | 'ordered' | 'trial' | 'confirmed' | 'refused' | 'returned' | 'silent', number>;
}

/** A text in both languages. */
export interface Words {
  zh: string;
  en: string;
}

export const ALARM_STATES = ['open', 'acknowledged', 'assigned', 'resolved', 'confirmed'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];
export const SEVERITIES = ['critical', 'warning', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface AlarmKind {
  kind: string;
  severity: Severity;
  name: Words;
}

export interface AlarmSummary {
  id: number;
  kind: string;
  kindName: Words;
  severity: Severity;
  unit: Words;
  institutionId: number | null;
  institution: Words | null;
  meters: number;
  beganAt: string;
  endedAt: string | null;
  state: AlarmState;
  outcome: 'over' | 'unfounded' | 'folded' | null;
  assignedTo: string | null;
  estimate: {
    amount: number;
    unit: string;
    cny: number | null;
    amountPerMonth: number;
    cnyPerMonth: number | null;
  } | null;
  version: number;
}

export interface AlarmDetail extends AlarmSummary {
  advice: Words;
  saving: { amountPerMonth: number; unit: string; cnyPerMonth: number | null } | null;
  evidence: Record<string, string | number>;
  plot: {
    from: string;
    stepS: number;
    unit: string;
    found: (number | null)[];
    expected: (number | null)[];
  } | null;
  members: { meterId: number; meterCode: string; meterName: Words; endedAt: string | null }[];
  history: { at: string; actor: string; action: string; state: AlarmState; reason: Words | null; note: string }[];
  told: { login: string; at: string; seenAt: string | null }[];
}
