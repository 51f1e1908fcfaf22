import { BUILD } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ReplayState } from './pipeline/pipeline.ts';

/**
 * What ingest counts (names: Prometheus rules, one prefix, base units). Never a label per meter, institution or gateway:
 * those are rows of the database.
 */
export interface Metrics {
  registry: Registry;
  messages: Counter<'source' | 'result'>;
  readings: Counter<'source' | 'result'>;
  quarantined: Counter<'reason'>;
  commitSeconds: Histogram;
  delaySeconds: Histogram;
  writeRetries: Counter;
  connects: Counter<'result'>;
  cut: Counter;
  enrolments: Counter<'result'>;
  orders: Counter<'kind'>;
  answers: Counter<'kind' | 'result'>;
  events: Counter;
  collectorLogins: Counter<'result'>;
  rebirths: Counter;
}

export interface MetricSources {
  queuedReadings: () => number;
  clients: () => number;
  replay: () => ReplayState;
  /** Readings that wait in the gateways' outboxes. */
  outboxReadings: () => number;
  collectors: () => number;
  db: Db;
}

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // a coarse look at the event loop: the default wakes an idle process a hundred times a second
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 200 });
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('ganzhi_ingest_queue_readings', 'Readings accepted and not yet committed', sources.queuedReadings);
  gauge('ganzhi_mqtt_clients', 'Connected MQTT clients', sources.clients);
  gauge('ganzhi_collector_sessions', "Collectors logged in at the door of the ministry's XML", sources.collectors);
  gauge(
    'ganzhi_ingest_replay_gateways',
    'Gateways that replayed within the last half minute',
    () => sources.replay().gateways,
  );
  gauge(
    'ganzhi_ingest_replay_granted_readings_per_second',
    'Replayed readings a second that all gateways together may send',
    () => sources.replay().grantedPerS,
  );
  gauge(
    'ganzhi_ingest_replay_readings_per_second',
    'Replayed readings a second, mean of half a minute',
    () => sources.replay().ratePerS,
  );
  gauge(
    'ganzhi_ingest_outbox_readings',
    "Readings that wait in the gateways' outboxes, as they last said",
    sources.outboxReadings,
  );
  gauge(
    'ganzhi_ingest_replay_eta_seconds',
    'Seconds until the outboxes are empty at the present rate; -1: no end in sight',
    () => {
      const left = sources.outboxReadings();
      const { ratePerS } = sources.replay();
      return left === 0 ? 0 : ratePerS > 0 ? left / ratePerS : -1;
    },
  );
  new Gauge({
    name: 'ganzhi_build_info',
    help: 'Version that runs; always 1',
    labelNames: ['version', 'commit'],
    registers,
  }).set(BUILD, 1);
  new Gauge({
    name: 'ganzhi_db_pool_connections',
    help: 'Connections of the database pool',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'idle' }, sources.db.idleCount);
      this.set({ state: 'busy' }, sources.db.totalCount - sources.db.idleCount);
      this.set({ state: 'waiting' }, sources.db.waitingCount);
    },
  });
  const counter = <T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> =>
    new Counter({ name, help, labelNames, registers });
  return {
    registry,
    messages: counter('ganzhi_ingest_messages_total', 'Messages by door and result', ['source', 'result']),
    readings: counter('ganzhi_ingest_readings_total', 'Readings by door and result', ['source', 'result']),
    quarantined: counter('ganzhi_ingest_quarantined_total', 'Rows sent to quarantine by reason', ['reason']),
    commitSeconds: new Histogram({
      name: 'ganzhi_ingest_commit_duration_seconds',
      help: 'Duration of a write transaction',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    delaySeconds: new Histogram({
      name: 'ganzhi_ingest_reading_delay_seconds',
      help: 'Age of the newest reading of a live message when it is committed',
      buckets: [0.1, 0.5, 1, 2, 5, 15, 60, 120, 300, 900, 3600],
      registers,
    }),
    writeRetries: counter('ganzhi_ingest_write_retries_total', 'Write transactions that had to be tried again'),
    connects: counter('ganzhi_mqtt_connects_total', 'MQTT connections by result', ['result']),
    cut: counter(
      'ganzhi_mqtt_connections_cut_total',
      'Connections ended because their credential no longer holds: revoked, disabled or replaced',
    ),
    enrolments: counter('ganzhi_gateway_enrolments_total', 'Requests of gateways that want to be let in', ['result']),
    orders: counter('ganzhi_gateway_orders_total', 'Commands, configurations and firmware sent to gateways', ['kind']),
    answers: counter('ganzhi_gateway_answers_total', 'What gateways answered to them', ['kind', 'result']),
    events: counter('ganzhi_gateway_events_total', 'Events that gateways reported'),
    rebirths: counter('ganzhi_sparkplug_rebirths_total', 'Births that edge nodes were asked for'),
    collectorLogins: counter('ganzhi_collector_logins_total', 'Log-ins of collectors by result', ['result']),
  };
}
