import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Db } from '@ganzhi/schemas/db';
import type { World } from './world.ts';

/**
 * How the conformance tests call a route so that it shows or changes something of one place of the world. A module puts its
 * own beside its routes, `src/modules/<name>/examples.ts`, exporting `examples: ModuleExamples`; what the walk can find out
 * by itself (path parameters named in `world.ts`, reads without needed parameters) need not be said.
 */
export interface Example {
  params?: Readonly<Record<string, string | number>>;
  query?: Readonly<Record<string, string | number>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface ModuleExamples {
  /**
   * Puts rows of this module into both places, and once more when `changed`, so that what the module tells of a place
   * becomes different. Runs as the owner.
   */
  seed?: (owner: Db, world: World, place: 'ours' | 'theirs') => Promise<void>;
  change?: (owner: Db, world: World, place: 'ours' | 'theirs') => Promise<void>;
  /** By operation id. `theirs` is the place that a stranger must not reach. */
  routes?: Readonly<Record<string, (world: World, place: 'ours' | 'theirs') => Example>>;
  /** Routes that tell nothing of any institution, each with the reason; they are not tried as a stranger. */
  unscoped?: Readonly<Record<string, string>>;
  /**
   * Writes that the examples above cannot bring to an end (they need another person, or a state of their own), each with the
   * test in which they succeed. All others must succeed once for `ours` and leave an audit row (writes.test.ts).
   */
  refusedAsExample?: Readonly<Record<string, string>>;
}

/** The examples of a module; none when it has no such file. */
export async function examplesOf(module: string): Promise<ModuleExamples> {
  const file = new URL(`../../src/modules/${module}/examples.ts`, import.meta.url);
  if (!existsSync(fileURLToPath(file))) return {};
  const loaded: { examples: ModuleExamples } = await import(file.href);
  return loaded.examples;
}
