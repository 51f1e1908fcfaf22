import type { GatewayState } from '@ganzhi/schemas';

export type ClockState = NonNullable<GatewayState['clock']>;

/** The server's clock, seen from here: it stood at `serverAt` somewhen in the last `roundTripMs`. */
export interface TimeSample {
  serverAt: number;
  roundTripMs: number;
}

/** What a gateway knows of its time, and how it learns better. */
export interface TimeKeeper {
  state(): ClockState;
  /** The machine's wall clock, right or wrong. */
  wallMs(): number;
  /** Wall clock minus the server's, by the last sample. */
  serverOffsetMs(): number | undefined;
  hear(sample: TimeSample): void;
}
