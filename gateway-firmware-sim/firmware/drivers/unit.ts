import { MINUTE } from '@ganzhi/schemas';
import { type MeterDriver, ReadError, type ReadFailureCode, type ReadResult } from './driver.ts';

/** A unit that answered last time gets a second try; one that never did, or failed last time, does not hold up its bus. */
const TRIES_WHEN_HEALTHY = 2;
/** At most this many scans are skipped for a dead unit between two tries: three of 64 then cost their bus some 2 %. */
const LONGEST_SKIP = 15;
/** Where scans are far apart a try costs next to nothing, and a meter that is back shall not wait for hours. */
const LONGEST_SKIP_MS = 5 * MINUTE;

/** A shared source (a bus, a connection) held until released. */
export interface Held<S> {
  source: S;
  release(): Promise<void>;
}

/** One request on the wire and the points that its answer holds. */
export interface UnitRequest {
  points: readonly { quantity: string }[];
}

export interface UnitDriverOptions<S, R extends UnitRequest, A> {
  protocol: string;
  bus: string;
  /** In the order in which they are sent: what matters most comes first, since a dead unit is not asked for the rest. */
  requests: readonly R[];
  acquire: () => Held<S>;
  /** @throws ReadError with the failure's code */
  ask: (source: S, request: R) => Promise<A>;
  /** What an answer says of the request's points. Pure; whatever it throws fails these points alone. */
  decode: (request: R, answer: A) => ReadResult;
  /**
   * Smaller requests for the same points, where there are such. When a meter says that it has not all the data of a
   * request (a block that it does not know, a hole between registers), they take its place for good.
   */
  split?: (request: R) => readonly R[];
}

/**
 * One unit on a bus that it shares with others. A unit that does not answer is asked again after 0, 1, 3, 7, then
 * every 15 skipped scans, at the latest after five minutes, and reports its failure in each of them: the others keep their pace, and "read failed" never looks like
 * silence. What was read before the failure is kept; a refused request fails alone.
 */
export function createUnitDriver<S, R extends UnitRequest, A>(options: UnitDriverOptions<S, R, A>): MeterDriver {
  const { protocol, bus, acquire } = options;
  let requests = options.requests;
  let held: Held<S> | undefined;
  let healthy = false;
  let failedScans = 0;
  let skip = 0;
  let triedAt = 0;
  let lastCode: ReadFailureCode = 'read-timeout';

  return {
    protocol,
    bus,
    async open() {
      held ??= acquire();
    },
    async read() {
      if (!held) return allFailed(requests, 'read-disconnected');
      if (skip > 0 && performance.now() - triedAt < LONGEST_SKIP_MS) {
        skip -= 1;
        return allFailed(requests, lastCode);
      }
      triedAt = performance.now();
      const tries = healthy ? TRIES_WHEN_HEALTHY : 1;
      const { result, dead, sent } = await readAll(options, requests, held.source, tries);
      requests = sent;
      healthy = dead === undefined;
      failedScans = dead ? failedScans + 1 : 0;
      // A lost connection costs the bus nothing (see connectPauseMs), so it is tried again in every scan.
      skip = dead && dead !== 'read-disconnected' ? Math.min(2 ** (failedScans - 1) - 1, LONGEST_SKIP) : 0;
      if (dead) lastCode = dead;
      return result;
    },
    async close() {
      const letGo = held;
      held = undefined;
      await letGo?.release();
    },
  };
}

/** Sends request by request; after a failure that is no refusal the unit counts as dead for this scan. */
async function readAll<S, R extends UnitRequest, A>(
  options: UnitDriverOptions<S, R, A>,
  requests: readonly R[],
  source: S,
  tries: number,
) {
  const result: ReadResult = { values: [], failures: [], withoutValue: [] };
  const sent: R[] = [];
  const waiting = [...requests];
  let dead: ReadFailureCode | undefined;
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    if (dead) {
      sent.push(request);
      add(result, failed(request, dead));
      continue;
    }
    const outcome = await readOne(options, request, source, tries);
    const smaller = outcome instanceof ReadError && outcome.hasNoSuchData ? (options.split?.(request) ?? []) : [];
    if (smaller.length > 0) {
      waiting.unshift(...smaller);
      continue;
    }
    sent.push(request);
    add(result, outcome instanceof ReadError ? failed(request, outcome.code) : outcome);
    if (outcome instanceof ReadError && outcome.code !== 'read-refused') dead = outcome.code;
  }
  return { result, dead, sent };
}

async function readOne<S, R extends UnitRequest, A>(
  options: UnitDriverOptions<S, R, A>,
  request: R,
  source: S,
  tries: number,
): Promise<ReadResult | ReadError> {
  try {
    return understood(options, request, await askWithRetry(options, source, request, tries));
  } catch (cause) {
    return cause instanceof ReadError ? cause : new ReadError('read-garbage', String(cause), { cause });
  }
}

/** The meter did answer: contents that make no sense are no reason to stop asking it. */
function understood<S, R extends UnitRequest, A>({ decode }: UnitDriverOptions<S, R, A>, request: R, answer: A) {
  try {
    return decode(request, answer);
  } catch (cause) {
    return failed(request, cause instanceof ReadError ? cause.code : 'read-garbage');
  }
}

async function askWithRetry<S, R extends UnitRequest, A>(
  { ask }: UnitDriverOptions<S, R, A>,
  source: S,
  request: R,
  tries: number,
): Promise<A> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(source, request);
    } catch (cause) {
      if (attempt >= tries || (cause instanceof ReadError && cause.code === 'read-refused')) throw cause;
    }
  }
}

function add(sum: ReadResult, part: ReadResult): void {
  sum.values.push(...part.values);
  sum.failures.push(...part.failures);
  sum.withoutValue.push(...part.withoutValue);
}

const failed = ({ points }: UnitRequest, code: ReadFailureCode): ReadResult => ({
  values: [],
  failures: points.map(({ quantity }) => ({ quantity, code })),
  withoutValue: [],
});

const allFailed = (requests: readonly UnitRequest[], code: ReadFailureCode): ReadResult =>
  failed({ points: requests.flatMap(({ points }) => points) }, code);
