import { GanzhiError } from '../errors.ts';

/** One condition of being ready: resolves when all is well, rejects with the reason (a GanzhiError's is shown). */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** A check that fails now, as `/readyz` lists it. */
export interface Failure {
  readonly check: string;
  readonly detail: string;
}

const CHECK_DEADLINE_MS = 3_000;

/** Runs the checks side by side; one without an answer after 3 s counts as failing. Empty means ready. */
export async function failuresOf(checks: readonly Check[]): Promise<Failure[]> {
  const results = await Promise.all(checks.map(verdict));
  return results.filter((failure) => failure !== undefined);
}

async function verdict({ name, run }: Check): Promise<Failure | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([run(), deadline]);
    return undefined;
  } catch (error) {
    // a driver's message may carry an address; ours are written to be shown
    return { check: name, detail: error instanceof GanzhiError ? error.message : 'no answer' };
  } finally {
    clearTimeout(timer);
  }
}
