import type { DetectorScore } from './detector-score.ts';

const share = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);

/** The score of the detectors as a text table. */
export function detectorTable({ kinds, falseAlarms }: DetectorScore): string {
  const head = ['events', 'found', 'recall', 'findings', 'right', 'neutral', 'precision'];
  const rows = Object.entries(kinds).map(([kind, one]) => {
    const leftOut = Object.entries(one.leftOut).map(([reason, count]) => `${count} ${reason}`);
    return [
      kind.padEnd(22),
      ...[one.events, one.found, share(one.recall), one.findings, one.right, one.neutral, share(one.precision)].map(
        (cell) => String(cell).padStart(11),
      ),
      leftOut.length === 0 ? '' : `   left out: ${leftOut.join(', ')}`,
    ].join('');
  });
  return `${[
    `Detectors: ${falseAlarms.findings} false findings in ${falseAlarms.meterYears.toFixed(1)} meter-years (${falseAlarms.perMeterYear.toFixed(3)} per meter-year). A finding is right`,
    'when a fault of its kind strikes one of its meters in overlapping time.',
    `${'kind'.padEnd(22)}${head.map((name) => name.padStart(11)).join('')}`,
    ...rows,
  ].join('\n')}\n`;
}
