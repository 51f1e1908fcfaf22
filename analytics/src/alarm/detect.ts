import { dateText } from '@ganzhi/schemas';
import { detectFindings } from '../detect/detect.ts';
import type { Family } from '../detect/options.ts';
import { thresholdsFor } from '../rules/detect/defaults.ts';
import type { Detect, Wanted } from './look.ts';

const FAMILIES_OF: Readonly<Record<Wanted['of'], readonly Family[]>> = {
  registers: ['registers', 'silence', 'frozen'],
  consumption: ['consumption'],
  arrival: ['arrival'],
};

/** The detectors as the looks ask for them, with the thresholds in force on the last day. */
export const detectInDatabase: Detect = (db, { of, thresholds, ...span }) => {
  const day = dateText(span.toMs);
  return detectFindings(db, {
    ...span,
    families: FAMILIES_OF[of],
    thresholdsOf: (typeCode) => thresholdsFor(thresholds, typeCode, day),
  });
};
