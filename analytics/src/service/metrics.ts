import { BUILD } from '@ganzhi/schemas';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of the service. Never a label per meter or institution: those are rows. */
export interface Metrics {
  readonly registry: Registry;
  /** Latest time of a reading that the ledger knows, by level. */
  readonly watermark: Gauge<'level'>;
  /** Marks that waited when last looked at. */
  readonly dirtyMarks: Gauge;
  /** Differences that the last nightly proof found; any is a reason for alarm. */
  readonly differences: Gauge;
  /** Meters whose ledger cannot be computed at present. */
  readonly heldBack: Gauge;
  /** Rows written or removed, by table. */
  readonly rows: Counter<'table'>;
  readonly jobs: Counter<'queue' | 'result'>;
  readonly duration: Histogram<'queue'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'ganzhi_build_info',
    help: 'Version that runs; always 1',
    labelNames: ['version', 'commit'],
    registers,
  }).set(BUILD, 1);
  return {
    registry,
    watermark: new Gauge({
      name: 'ganzhi_rollup_watermark_timestamp_seconds',
      help: 'Latest time of a reading that the ledger knows',
      labelNames: ['level'],
      registers,
    }),
    dirtyMarks: new Gauge({
      name: 'ganzhi_analytics_dirty_marks',
      help: 'Marks of changed readings that wait for the ledger',
      registers,
    }),
    differences: new Gauge({
      name: 'ganzhi_ledger_conservation_differences',
      help: 'Differences between ledger and raw readings that the last nightly proof found',
      registers,
    }),
    heldBack: new Gauge({
      name: 'ganzhi_analytics_held_back_meters',
      help: 'Meters whose ledger cannot be computed at present',
      registers,
    }),
    rows: new Counter({
      name: 'ganzhi_analytics_ledger_rows_total',
      help: 'Ledger rows written or removed',
      labelNames: ['table'],
      registers,
    }),
    jobs: new Counter({
      name: 'ganzhi_jobs_total',
      help: 'Rounds that were run',
      labelNames: ['queue', 'result'],
      registers,
    }),
    duration: new Histogram({
      name: 'ganzhi_job_duration_seconds',
      help: 'Length of a round',
      labelNames: ['queue'],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}
