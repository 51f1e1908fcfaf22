import { createHash } from 'node:crypto';
import { ConfigurationOrder, ConfigurationReport, GanzhiError, RemoteConfiguration } from '@ganzhi/schemas';
import { z } from 'zod';
import type { CareStore } from './store.ts';

const Kept = z.object({ version: z.int(), digest: z.string(), body: RemoteConfiguration });
export type KeptConfiguration = z.infer<typeof Kept>;

const Stored = z.object({
  /** Absent: the gateway's own file. */
  good: Kept.optional(),
  trial: Kept.extend({ starts: z.int() }).optional(),
  /** The last word about a version, said again at each connection: reports can be lost. */
  report: ConfigurationReport.optional(),
});
type Stored = z.infer<typeof Stored>;

/** A trial whose gateway restarts more often than this has failed: it may be what makes it restart. */
const MOST_STARTS = 2;
const NAME = 'configuration';

/** Keeps the versions of the configuration: the last good one, and one on trial. */
export interface ConfigurationKeeper {
  /** What is to run now; undefined: the gateway's own file. */
  effective(): KeptConfiguration | undefined;
  onTrial(): KeptConfiguration | undefined;
  report(): ConfigurationReport | undefined;
  /**
   * Takes an order: refused, or kept as trial, to be run by the caller.
   *
   * @param check throws when the meters cannot be made from it
   * @returns true when there is a new trial to run
   */
  offer(payload: Buffer, check: (body: RemoteConfiguration) => void): boolean;
  confirm(): void;
  /** Back to the last good one. */
  giveUp(reason: string): void;
}

/**
 * Opening counts as a start: a trial that was under way is one start older.
 *
 * @param now epoch milliseconds
 */
export function openConfigurationKeeper(store: CareStore, now: () => number): ConfigurationKeeper {
  let stored: Stored = store.read(NAME, Stored) ?? {};
  const keep = (next: Stored) => {
    store.write(NAME, next);
    stored = next;
  };
  const runningVersion = ({ trial, good }: Stored) => trial?.version ?? good?.version ?? 0;
  const reported = (
    next: Stored,
    { version, digest }: { version: number; digest: string },
    state: ConfigurationReport['state'],
    reason?: string,
  ): Stored => ({
    ...next,
    report: {
      v: 1,
      version,
      digest,
      state,
      ...(reason === undefined ? {} : { reason: reason.slice(0, 2_000) }),
      running: runningVersion(next),
      at: now(),
    },
  });
  const without = ({ trial: _, ...rest }: Stored): Stored => rest;
  const giveUp = (reason: string) => {
    if (stored.trial) keep(reported(without(stored), stored.trial, 'returned', reason));
  };

  if (stored.trial) {
    const starts = stored.trial.starts + 1;
    if (starts > MOST_STARTS) giveUp(`the gateway restarted ${MOST_STARTS} times while it was on trial`);
    else keep({ ...stored, trial: { ...stored.trial, starts } });
  }

  return {
    effective: () => stored.trial ?? stored.good,
    onTrial: () => stored.trial,
    report: () => stored.report,
    offer(payload, check) {
      const order = parseOrder(payload);
      if (!order) return false;
      // the same version again: it was tried or refused already, and the report says so
      if (order.version === stored.report?.version && order.digest === stored.report.digest) return false;
      const fault = faultOf(order, check);
      if (typeof fault === 'string') {
        keep(reported(stored, order, 'refused', fault));
        return false;
      }
      const trial = { version: order.version, digest: order.digest, body: fault.body, starts: 0 };
      keep(reported({ ...stored, trial }, order, 'trial'));
      return true;
    },
    confirm() {
      const { trial } = stored;
      if (!trial) return;
      const { starts: _, ...good } = trial;
      keep(reported({ good }, good, 'active'));
    },
    giveUp,
  };
}

function parseOrder(payload: Buffer): ConfigurationOrder | undefined {
  try {
    return ConfigurationOrder.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Why an order cannot be run, or what it says. */
function faultOf(
  { digest, text }: ConfigurationOrder,
  check: (body: RemoteConfiguration) => void,
): string | { body: RemoteConfiguration } {
  if (createHash('sha256').update(text).digest('hex') !== digest) return 'the digest does not fit the text';
  try {
    const parsed = RemoteConfiguration.safeParse(JSON.parse(text));
    if (!parsed.success) {
      return parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`).join('; ');
    }
    check(parsed.data);
    return { body: parsed.data };
  } catch (error) {
    return error instanceof GanzhiError || error instanceof SyntaxError ? error.message : String(error);
  }
}
