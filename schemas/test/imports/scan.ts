import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** One import or re-export of a source file. */
export interface Import {
  specifier: string;
  /** `import type`, `export type`: gone before anything runs. */
  typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the checkout, with forward slashes: `api/src/app.ts`. */
  path: string;
  text: string;
}

const SOURCE = /\.(ts|tsx|mts|mjs|js)$/;
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'data']);

/** All source files of one workspace, installed and built ones apart. */
export function sourcesOf(root: string, workspace: string): SourceFile[] {
  return readdirSync(join(root, workspace), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => NOT_OURS.has(part)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

// TypeScript 7 has no parser to call. The formatter puts each import at the start of a line, so patterns do.
const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"\n]+)['"]/gm;
const CALL = /\b(?:import|import\.meta\.resolve|require|require\.resolve)\(\s*['"]([^'"\n]+)['"]/g;

/** What a file imports: statically, by re-export, or by a call with a literal. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  return [
    ...[...code.matchAll(STATEMENT)].map(([, type, specifier = '']) => ({ specifier, typeOnly: type !== undefined })),
    ...[...code.matchAll(CALL)].map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ];
}

/** The code without its comments; a `//` inside a string (an address) is none. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(),])\/\/[^\n]*/g, '$1');
