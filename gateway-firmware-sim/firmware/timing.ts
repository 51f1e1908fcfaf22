import { DAY, MINUTE } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import { type Clock, type ClockChange, createGatewayClock, type GatewayClock, type TimeKeeper } from './clock/index.ts';
import type { GatewayConfig } from './config.ts';
import type { Harvest, Outbox, Stamp } from './outbox/index.ts';
import type { Publisher } from './publisher/publisher.ts';

/** What must be there before time can be acted upon. */
export interface Timed {
  outbox: Outbox;
  publisher: Pick<Publisher, 'event' | 'rewind' | 'isTimeless'>;
}

/** A gateway's time: its clock, the stamps of its readings, and what follows from learning better. */
export interface Timing {
  clock: GatewayClock;
  /** Undefined in simulated time, which no server can confirm. */
  time: TimeKeeper | undefined;
  /** Readings whose `t` is a monotonic count get the time of that moment, all by the same setting of the clock. */
  stamped(harvest: Harvest): Harvest;
  /** How sure these stamps are; undefined when they are not to be held back. */
  stamp(): Stamp | undefined;
  start(parts: Timed): void;
  stop(): Promise<void>;
}

const UPKEEP_MS = MINUTE;

/**
 * Wall clock, monotonic count and the server's time brought together: what a doubtful clock has stamped is held back until
 * the server's time heals it, and old readings are dropped only by a clock that the server has confirmed.
 */
export function createTiming(config: GatewayConfig, base: Clock, logger: Logger): Timing {
  let parts: Timed | undefined;
  let healing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const clock = createGatewayClock(base, (change) => onChange(change));
  const time = config.simulatedTime ? undefined : clock;

  const onChange = ({ reason, byMs, state }: ClockChange) => {
    if (config.simulatedTime) return;
    const detail = { reason, byMs: Math.round(byMs), clock: state };
    if (detail.byMs !== 0) {
      logger.warn(detail, reason === 'wall-ignored' ? 'the wall clock was set; the server knows better' : 'clock set');
      parts?.publisher.event('clock-set', detail);
    }
    if (state === 'confirmed') heal();
  };

  const heal = () => {
    if (!parts || healing || parts.outbox.depth('held').batches === 0) return;
    const { outbox, publisher } = parts;
    healing = outbox
      .heal({ bootId: clock.bootId, offsetMs: clock.offsetMs() })
      .then((healed) => {
        logger.info(healed, 'stamps of a doubtful clock healed by the time of the server');
        if (healed.flagged + healed.unchecked > 0) publisher.event('clock-healed', { ...healed });
        publisher.rewind();
      })
      .catch((error: unknown) => logger.error({ err: error }, 'stamps could not be healed; tried again in a minute'))
      .finally(() => {
        healing = undefined;
      });
  };

  const upkeep = () => {
    if (!parts || clock.state() !== 'confirmed' || config.simulatedTime) return;
    heal();
    const lost = parts.outbox.expire(clock.now() - config.outboxMaxAgeDays * DAY);
    if (lost.batches > 0) logger.warn(lost, 'readings too old to be of use dropped');
  };

  const at = <T extends { t: number }>(item: T): T => ({ ...item, t: clock.stampOf(item.t) });
  return {
    clock,
    time,
    stamped: ({ readings, errors }) => ({ readings: readings.map(at), errors: errors.map(at) }),
    stamp() {
      const state = clock.state();
      const isBeyondDoubt = config.simulatedTime || (state === 'unconfirmed' && parts?.publisher.isTimeless());
      return isBeyondDoubt ? undefined : { bootId: clock.bootId, offsetMs: clock.offsetMs(), state };
    },
    start(running) {
      parts = running;
      timer = setInterval(upkeep, UPKEEP_MS);
    },
    async stop() {
      clearInterval(timer);
      await healing;
      parts = undefined;
    },
  };
}
