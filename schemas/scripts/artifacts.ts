import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A committed file that is made from something else: where it lies (absolute path) and what must stand in it. */
export interface Artifact {
  path: string;
  text: string;
}

/** Writes the artifacts that differ; returns the paths written, relative to `root`. */
export function writeArtifacts(root: string, artifacts: readonly Artifact[]): string[] {
  const stale = artifacts.filter(isStale);
  for (const { path, text } of stale) writeFileSync(path, text);
  return stale.map(({ path }) => relative(root, path));
}

/** The paths, relative to `root`, whose committed text is not what would be generated now. */
export const staleArtifacts = (root: string, artifacts: readonly Artifact[]): string[] =>
  artifacts.filter(isStale).map(({ path }) => relative(root, path));

const isStale = ({ path, text }: Artifact): boolean => !existsSync(path) || readFileSync(path, 'utf8') !== text;

/**
 * Runs another workspace's own generator (`[--check]`, exit code 0 or 1) with its output passed through. A script that
 * does not exist is a mistake in the list, not a reason to skip.
 *
 * @returns true when it ended well
 */
export function runGenerator(root: string, script: string, check: boolean): boolean {
  const run = spawnSync(process.execPath, [join(root, script), ...(check ? ['--check'] : [])], { stdio: 'inherit' });
  return run.status === 0;
}
