import { HOUR } from '@ganzhi/schemas';
import type { Harvest, OpenLane } from '../../firmware/outbox/index.ts';
import type { Fault } from './kinds.ts';

/** What a gateway puts into its outbox, in this order. */
export interface Upload {
  lane: OpenLane;
  harvest: Harvest;
}

/** Between the scanner and the outbox of one gateway: the faults of its upload. */
export interface Uploader {
  /** A scan at `t`, simulated time. */
  take(t: number, harvest: Harvest): void;
  /** What goes out of all that was taken, when it is `now`. */
  release(now: number): Upload[];
  /** The end of a run: nothing stays behind. */
  releaseAll(): Upload[];
}

/**
 * - outage: into the backlog, which waits in the outbox until the gateway is connected again;
 * - late back-fill: held here until its delay has passed, then into the backlog;
 * - reordering: the scans backwards, each on its own, and the readings of each backwards;
 * - duplicate: once more, as often as the magnitude says, in batches of their own.
 */
export function createUploader(faults: readonly Fault[]): Uploader {
  const inForce = (t: number) => faults.find(({ start, end }) => t >= start && t < end);
  let scans: { harvest: Harvest; fault: Fault | undefined }[] = [];
  const held = new Map<Fault, Harvest>();

  const due = (now: number): Upload[] =>
    [...held].flatMap(([fault, harvest]) => {
      if (fault.end + fault.magnitude * HOUR > now) return [];
      held.delete(fault);
      return [{ lane: 'backlog' as const, harvest }];
    });
  const release = (now: number): Upload[] => {
    const uploads: Upload[] = [];
    for (const { fault, harvests } of runs(scans)) {
      switch (fault?.kind) {
        case 'division-outage':
          uploads.push({ lane: 'backlog', harvest: merged(harvests) });
          break;
        case 'late-backfill':
          held.set(fault, merged([held.get(fault) ?? merged([]), ...harvests]));
          break;
        case 'reordering':
          uploads.push(
            ...harvests.toReversed().map((harvest) => ({ lane: 'live' as const, harvest: backwards(harvest) })),
          );
          break;
        case 'duplicate': {
          const harvest = merged(harvests);
          for (let i = 0; i <= fault.magnitude; i += 1) uploads.push({ lane: 'live', harvest });
          break;
        }
        default:
          uploads.push({ lane: 'live', harvest: merged(harvests) });
      }
    }
    scans = [];
    return [...uploads, ...due(now)];
  };
  return {
    take(t, harvest) {
      scans.push({ harvest, fault: inForce(t) });
    },
    release,
    releaseAll: () => release(Number.POSITIVE_INFINITY),
  };
}

/** Neighbouring scans under the same fault, or under none. */
function runs(scans: readonly { harvest: Harvest; fault: Fault | undefined }[]) {
  const found: { fault: Fault | undefined; harvests: Harvest[] }[] = [];
  for (const { harvest, fault } of scans) {
    const last = found.at(-1);
    if (last && last.fault === fault) last.harvests.push(harvest);
    else found.push({ fault, harvests: [harvest] });
  }
  return found;
}

const merged = (harvests: readonly Harvest[]): Harvest => ({
  readings: harvests.flatMap(({ readings }) => readings),
  errors: harvests.flatMap(({ errors }) => errors),
});

const backwards = ({ readings, errors }: Harvest): Harvest => ({ readings: readings.toReversed(), errors });
