import { dateText } from '@ganzhi/schemas';
import { detectFindings } from '../detect/detect.ts';
import type { Family } from '../detect/options.ts';
import { thresholdsFor } from '../rules/detect/defaults.ts';
import type { Detect } from './look.ts';

const LEDGER: readonly Family[] = ['registers', 'silence', 'frozen', 'consumption'];

/** The detectors as the looks ask for them, with the thresholds in force on the last day. */
export const detectInDatabase: Detect = (db, { of, thresholds, ...span }) => {
  const day = dateText(span.toMs);
  return detectFindings(db, {
    ...span,
    families: of === 'arrival' ? ['arrival'] : LEDGER,
    thresholdsOf: (typeCode) => thresholdsFor(thresholds, typeCode, day),
  });
};
