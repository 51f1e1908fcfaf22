export type { Clock } from './clock.ts';
export { type ClockChange, createGatewayClock, type GatewayClock } from './gateway-clock.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { systemClock } from './system-clock.ts';
export type { ClockState, TimeKeeper, TimeSample } from './time-keeper.ts';
