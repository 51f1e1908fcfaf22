import { posix } from 'node:path';
import { type Import, importsOf, type SourceFile, withoutComments } from './scan.ts';

/**
 * Who may import whom (design §2): data flows from the meter to the eye, and imports point only at the contract.
 */
interface WorkspaceRule {
  /** Specifiers of ours that run-time code may import. */
  runtime: readonly string[];
  /** Specifiers of ours that run-time code may import with `import type` only. */
  types?: readonly string[];
}

const CONTRACT = ['@ganzhi/schemas', '@ganzhi/schemas/db', '@ganzhi/schemas/health'];

/** In the order of the flow: a test may use what lies upstream of its workspace, never what lies downstream. */
export const WORKSPACES: Readonly<Record<string, WorkspaceRule>> = {
  schemas: { runtime: [] },
  'gateway-firmware-sim': { runtime: CONTRACT },
  ingest: { runtime: CONTRACT },
  analytics: { runtime: CONTRACT },
  api: { runtime: [...CONTRACT, '@ganzhi/analytics/rules'] },
  dashboards: { runtime: [], types: CONTRACT },
  standalone: { runtime: ['@ganzhi/'] },
};

/** Test tools stand in the root package.json, once for all. */
export interface Manifest {
  dependencies: readonly string[];
  devDependencies: readonly string[];
}

const FLOW = Object.keys(WORKSPACES);
const packageOf = (workspace: string) => `@ganzhi/${workspace}`;

/** Code that never runs in a service: tests, their helpers, benchmarks, generators (Grafana gets JSON, not code). */
export const isToolFile = (path: string): boolean =>
  /\.test\.tsx?$/.test(path) ||
  /\/(test|tests|testing|bench|chaos|scripts)\/|^(ingest|api)\/load\/|^dashboards\/grafana\//.test(path);

/** Decisions and codecs: same answer for the same input, on any machine, at any time. */
export const isPureFile = (path: string): boolean =>
  !isToolFile(path) && /\/(rules|codec|codecs)(\/|\.ts$)|\/decode\.ts$/.test(path);

const PURE_PACKAGES = [
  '@ganzhi/schemas',
  '@ganzhi/analytics/rules',
  'zod',
  'chinese-days',
  'chinese-days/dist/chinese-days.json',
  'simple-statistics',
  'node:crypto',
  'node:buffer',
];
const IMPURE_CODE =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.|\bprocess\.|\bfetch\(|\bset(Timeout|Interval)\(/;

/** Violations of one file's own imports, each as `path: what is wrong`. */
export function importViolations(file: SourceFile, manifest: Manifest, root: Manifest): string[] {
  const workspace = file.path.split('/')[0] ?? '';
  return importsOf(file.text)
    .map((found) => judge(file.path, workspace, found, manifest, root))
    .filter((problem) => problem !== undefined)
    .map((problem) => `${file.path}: ${problem}`);
}

function judge(path: string, workspace: string, found: Import, manifest: Manifest, root: Manifest): string | undefined {
  const { specifier, typeOnly } = found;
  if (specifier.startsWith('node:')) return undefined;
  if (specifier.startsWith('.')) return judgeRelative(path, workspace, specifier);
  const name = packageName(specifier);
  if (name.startsWith('@ganzhi/')) {
    const problem = judgeOurs(path, workspace, specifier, typeOnly);
    if (problem) return problem;
  }
  const known = isToolFile(path)
    ? [...manifest.dependencies, ...manifest.devDependencies, ...root.devDependencies, packageOf(workspace)]
    : manifest.dependencies;
  // what runs in a host of its own (k6) is known by its types only
  return known.includes(name) || known.includes(`@types/${name}`)
    ? undefined
    : `imports ${name}, which ${workspace}/package.json does not declare`;
}

function judgeRelative(path: string, workspace: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(`${workspace}/`)) return `leaves its workspace by ${specifier}`;
  const firmware = path.startsWith('gateway-firmware-sim/firmware/') && !isToolFile(path);
  if (firmware && target.startsWith('gateway-firmware-sim/city/')) {
    return `the firmware imports the simulated city (${specifier})`;
  }
  return undefined;
}

function judgeOurs(path: string, workspace: string, specifier: string, typeOnly: boolean): string | undefined {
  const { runtime, types = [] } = WORKSPACES[workspace] ?? { runtime: [] };
  if (runtime.includes(specifier) || runtime.includes('@ganzhi/')) return undefined;
  if (types.includes(specifier)) {
    return typeOnly || isToolFile(path) ? undefined : `imports ${specifier} as a value; only its types are allowed`;
  }
  if (!isToolFile(path)) return `may not import ${specifier}`;
  const here = FLOW.indexOf(workspace);
  const there = FLOW.findIndex((name) => packageName(specifier) === packageOf(name));
  return there >= 0 && there <= here ? undefined : `a test may not import ${specifier}, which lies downstream`;
}

/** `@scope/name/sub/path` → `@scope/name`; `name/sub` → `name`. */
function packageName(specifier: string): string {
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') && second ? `${first}/${second}` : first;
}

/** What a pure file reaches that is not pure, by itself or through files it imports. */
export function purityViolations(start: string, files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const text = files.get(path);
    if (text === undefined || seen.has(path)) return;
    seen.add(path);
    const via = path === start ? '' : ` (through ${path})`;
    const impure = IMPURE_CODE.exec(withoutComments(text));
    if (impure) problems.push(`${start}: uses ${impure[0]}${via}`);
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (typeOnly) continue;
      if (specifier.startsWith('.')) visit(posix.join(posix.dirname(path), specifier));
      else if (!PURE_PACKAGES.includes(specifier)) problems.push(`${start}: imports ${specifier}${via}`);
    }
  };
  visit(start);
  return problems;
}
