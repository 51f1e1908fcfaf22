import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayMeta } from '@ganzhi/schemas';
import { GanzhiError } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import { FIRMWARE_VERSION, systemClock } from '../../firmware/index.ts';
import { createPublisher, type Publisher } from '../../firmware/publisher/publisher.ts';
import type { Station } from './station.ts';

/** All gateways' connections to the broker. */
export interface Uplink {
  /** Cuts off the gateways that have an outage in [fromMs, toMs), and connects all others. */
  connectFor(fromMs: number, toMs: number): Promise<void>;
  /**
   * Waits until at most `limit` batches of connected gateways wait for their acknowledgement.
   * @throws GanzhiError `unavailable` when nothing moves for two minutes
   */
  drainTo(limit: number): Promise<void>;
  stop(): Promise<void>;
}

export interface UplinkOptions {
  stations: readonly Station[];
  metersOf: (gateway: string) => GatewayMeta['meters'];
  tokenOf: (gateway: string) => string;
  mqttUrl: string;
  logger: Logger;
  signal?: AbortSignal | undefined;
}

const STALLED_MS = 120_000;
/** A simulated city on a small machine keeps the server busy; sending twice would keep it busier. */
const ACK_TIMEOUT_MS = 120_000;
/** Connections made at a time: a thousand at once would all wait too long for their turn. */
const AT_ONCE = 50;
const CONNECT_WITHIN_MS = 15_000;

/** Publishers of the firmware, one per gateway; the retained state and the last will are theirs too. */
export function createUplink({ stations, metersOf, tokenOf, mqttUrl, logger, signal }: UplinkOptions): Uplink {
  const publishers = new Map<Station, Publisher>();
  const connect = async (station: Station) => {
    const publisher = createPublisher({
      gateway: station.code,
      token: tokenOf(station.code),
      mqttUrl,
      meta: () => ({
        v: 1,
        firmware: `ganzhi-firmware ${FIRMWARE_VERSION}`,
        startedAt: systemClock.now(),
        meters: metersOf(station.code),
        simulatedTime: true,
      }),
      outbox: station.outbox,
      clock: systemClock,
      logger,
      ackTimeoutMs: ACK_TIMEOUT_MS,
      // Past days pass in minutes: nothing of them is live, and the run itself waits for the server.
      liveForMs: Number.POSITIVE_INFINITY,
      replay: { defaultPerS: Number.POSITIVE_INFINITY, obeyGrants: false },
    });
    publisher.start();
    publishers.set(station, publisher);
    // The publisher itself goes on trying; the run complains when nothing is acknowledged.
    const patience = performance.now() + CONNECT_WITHIN_MS;
    while (!publisher.isConnected() && performance.now() < patience) await delay(5);
  };
  const disconnect = async (station: Station) => {
    await publishers.get(station)?.stop();
    publishers.delete(station);
  };
  const waiting = () => {
    let batches = 0;
    for (const { outbox } of publishers.keys()) batches += outbox.depth().batches;
    return batches;
  };
  return {
    async connectFor(fromMs, toMs) {
      await inGroups(
        stations.filter((station) => publishers.has(station) && station.isCutOff(fromMs, toMs)),
        disconnect,
      );
      await inGroups(
        stations.filter((station) => !publishers.has(station) && !station.isCutOff(fromMs, toMs)),
        connect,
      );
    },
    async drainTo(limit) {
      let depth = waiting();
      let movedAt = performance.now();
      while (depth > limit) {
        signal?.throwIfAborted();
        await delay(depth > limit * 2 ? 20 : 5);
        const now = waiting();
        if (now !== depth) movedAt = performance.now();
        depth = now;
        if (performance.now() - movedAt > STALLED_MS) {
          throw new GanzhiError(
            'unavailable',
            `No acknowledgement for ${STALLED_MS / 1_000} s; ${depth} batches wait. Is ingest running, and are these its gateways?`,
          );
        }
      }
    },
    stop: () => inGroups([...publishers.keys()], disconnect),
  };
}

/** A few at a time, so that neither the broker's queue of new connections nor this process is overrun. */
async function inGroups<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(act));
    await delay(0);
  }
}
