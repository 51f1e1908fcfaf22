/** The simulated city: its registry, its meters on real sockets, its gateways, and replay of recorded series. */

export { type RunCityOptions, type RunCityResult, runCity } from './batch/run.ts';
export { ALL_QUANTITIES } from './batch/stations.ts';
export { type Census, makeCensus } from './census/census.ts';
export type { CensusMeter } from './census/meter.ts';
export { drawFaults } from './faults/draw.ts';
export { FAULT_KINDS, type Fault, type FaultKind, type FaultProfile, KINDS, PROFILES } from './faults/kinds.ts';
export type { RegistryEvent } from './faults/registry.ts';
export type { HistoryProgress } from './history.ts';
export { createMeterModel, type MeterModel } from './model/meter-model.ts';
export {
  type CityDivision,
  type CityGateway,
  type CityInstitution,
  type CityMeter,
  type CityPopulation,
  type CityQuota,
  DEFAULT_SEED,
  DEFAULT_SITES,
  type InstitutionType,
  makePopulation,
  type TypeCode,
} from './population.ts';
export { type ReplayOptions, type ReplayResult, replayCsv } from './replay/replay.ts';
export { parseSeries, type RejectedRow, type Series, type SeriesRow } from './replay/series.ts';
export type { TrueHour } from './replay/truth.ts';
export { type RunningCity, type StartCityOptions, startCity } from './simulate.ts';
