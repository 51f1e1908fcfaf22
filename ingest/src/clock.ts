/** Time as an argument: epoch milliseconds, so that tests read as timelines. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
