import { type Detector, type Thresholds as Of, type ThresholdRow, thresholdsOn } from './thresholds.ts';

/** Thresholds of the detectors that rest on consumption, for one type of institution. */
export interface Thresholds {
  readonly leak: Of<'leak'>;
  readonly leftOn: Of<'left-on'>;
  readonly ratio: Of<'ratio'>;
  readonly swap: Of<'swap'>;
  readonly alwaysOn: Of<'always-on'>;
  readonly offHours: Of<'off-hours'>;
  readonly holiday: Of<'holiday'>;
  readonly weather: Of<'weather'>;
  readonly step: Of<'step'>;
  readonly both: Of<'both'>;
}

/** What is in force for a type on a Shanghai day. @param rows what people set; none: the defaults */
export function thresholdsFor(rows: readonly ThresholdRow[], typeCode: string, day: string): Thresholds {
  const of = <D extends Detector>(detector: D) => thresholdsOn(rows, detector, { typeCode, day });
  return {
    leak: of('leak'),
    leftOn: of('left-on'),
    ratio: of('ratio'),
    swap: of('swap'),
    alwaysOn: of('always-on'),
    offHours: of('off-hours'),
    holiday: of('holiday'),
    weather: of('weather'),
    step: of('step'),
    both: of('both'),
  };
}

export const defaultThresholds = (typeCode: string): Thresholds => thresholdsFor([], typeCode, '');
