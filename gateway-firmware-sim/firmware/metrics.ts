import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DisturbanceObserver } from './drivers/line/bus.ts';
import type { ReplayProgress } from './publisher/publisher.ts';
import type { ReadObserver } from './scanner.ts';

/** What the gauges ask each gateway. */
export interface GatewayGauges {
  outboxBatches(): number;
  /** Epoch milliseconds of the oldest reading that waits. */
  outboxOldestAt(): number | undefined;
  progress(): ReplayProgress;
  isConnected(): boolean;
}

export interface GatewayMetrics {
  registry: Registry;
  observeRead: ReadObserver;
  /** Bytes and frames on a line that were no answer to us. */
  observeLine: DisturbanceObserver;
  overrun(): void;
  dropped(batches: number): void;
  /** Until the returned function is called: a gateway that stops, or starts anew in its process, is counted no longer. */
  watch(gateway: GatewayGauges): () => void;
}

/**
 * Metrics of one process, however many gateways it runs. Never a label per meter or gateway: those are rows, not labels.
 *
 * @param now the clock that ages are measured against
 */
export function createMetrics(now: () => number, options: { processMetrics?: boolean } = {}): GatewayMetrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gateways = new Set<GatewayGauges>();
  const watched = (): GatewayGauges[] => [...gateways];
  const duration = new Histogram({
    name: 'ganzhi_gateway_poll_duration_seconds',
    help: 'Time to read one meter',
    labelNames: ['protocol'],
    buckets: [0.002, 0.01, 0.05, 0.2, 1, 5],
    registers,
  });
  const errors = new Counter({
    name: 'ganzhi_gateway_poll_errors_total',
    help: 'Reads that failed in whole or in part; kind is the first failure, or no-value',
    labelNames: ['protocol', 'kind'],
    registers,
  });
  const disturbances = new Counter({
    name: 'ganzhi_gateway_line_disturbances_total',
    help: 'What serial lines carried besides answers: frames of others, damaged starts, stray bytes, echoes',
    labelNames: ['kind'],
    registers,
  });
  const overruns = new Counter({
    name: 'ganzhi_gateway_poll_overruns_total',
    help: 'Polls skipped: the last one still ran',
    registers,
  });
  const dropped = new Counter({
    name: 'ganzhi_outbox_dropped_batches_total',
    help: 'Batches dropped: outbox full',
    registers,
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('ganzhi_outbox_batches', 'Batches that wait for the acknowledgement of the server', () =>
    watched().reduce((sum, gateway) => sum + gateway.outboxBatches(), 0),
  );
  gauge('ganzhi_outbox_oldest_age_seconds', 'Age of the oldest reading that waits', () => {
    const oldest = Math.min(...watched().map((gateway) => gateway.outboxOldestAt() ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(oldest) ? Math.max(0, now() - oldest) / 1_000 : 0;
  });
  gauge('ganzhi_outbox_backlog_readings', 'Readings of the past that wait for their turn behind the live ones', () =>
    watched().reduce((sum, gateway) => sum + gateway.progress().backlogReadings, 0),
  );
  gauge(
    'ganzhi_outbox_backlog_eta_seconds',
    'Time until the slowest gateway has sent its backlog, at its present pace',
    () => Math.max(0, ...watched().map((gateway) => gateway.progress().etaS ?? 0)),
  );
  gauge(
    'ganzhi_gateways_connected',
    'Gateways of this process with a broker connection',
    () => watched().filter((gateway) => gateway.isConnected()).length,
  );

  return {
    registry,
    observeRead({ protocol }, durationMs, { failures, withoutValue }) {
      duration.observe({ protocol }, durationMs / 1_000);
      const kind = failures[0]?.code ?? (withoutValue.length > 0 ? 'no-value' : undefined);
      if (kind) errors.inc({ protocol, kind });
    },
    observeLine: (kind, count) => disturbances.inc({ kind }, count),
    overrun: () => overruns.inc(),
    dropped: (batches) => dropped.inc(batches),
    watch(gateway) {
      gateways.add(gateway);
      return () => {
        gateways.delete(gateway);
      };
    },
  };
}
