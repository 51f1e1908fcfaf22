import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import type { ErrorSummary } from '../score/errors.ts';
import type { LedgerScore } from '../score/ledger-score.ts';

export const score: Command = {
  name: 'score',
  about:
    'Judge ledger and detectors against the truth of a simulated city: error per meter-hour, recall and precision, by kind of fault.',
  options: {
    truth: { type: 'string', value: 'DIR', about: 'What "ganzhi simulate --days N --truth DIR" wrote.' },
    json: { type: 'boolean', about: 'One JSON object on standard output.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const folder = text(values, 'truth');
    if (folder === undefined) throw new UsageError('--truth DIR is missing.');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { openTruth } = await import('../score/truth-files.ts');
    const { scoreLedger } = await import('../score/ledger-score.ts');
    const { scoreDetectors } = await import('../score/detector-score.ts');
    const { detectorTable } = await import('../score/detector-table.ts');
    const { openRunDatabase, untilBooked } = await import('../score/run-database.ts');
    const truth = openTruth(folder);
    const database = await openRunDatabase(folder, config);
    try {
      const db = await openDatabase({ url: database.url, role: 'ganzhi_analytics', max: 1 });
      try {
        await untilBooked(db);
        const { seed, profile } = truth;
        const ledger = await scoreLedger(db, truth);
        const detectors = await scoreDetectors(db, truth, folder);
        process.stdout.write(
          values.json
            ? `${JSON.stringify({ seed, profile, ledger, detectors })}\n`
            : `${tableOf(ledger)}\n${detectorTable(detectors)}`,
        );
      } finally {
        await db.end();
      }
    } finally {
      await database.close();
    }
  },
};

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function tableOf({ conserved, energyKnown, estimatedHours, unknownHours, all, byKind }: LedgerScore): string {
  const rows: [string, ErrorSummary][] = [['all', all], ...Object.entries(byKind)];
  const lines = rows.map(([kind, { meterHours, exact, median, p99, max }]) =>
    [
      kind.padEnd(26),
      String(meterHours).padStart(10),
      ...[exact, median, p99, max].map((share) => percent(share).padStart(12)),
    ].join(''),
  );
  const head = `${'fault'.padEnd(26)}${'meter-hours'.padStart(10)}${['exact', 'median', 'p99', 'max'].map((name) => name.padStart(12)).join('')}`;
  return `${[
    `${conserved.registers} registers, ${conserved.differing} differ from their raw readings; ${percent(energyKnown)} of the true energy known in hours;`,
    `${estimatedHours} meter-hours estimated, ${unknownHours} without a figure. Errors as shares of the meter's mean day:`,
    head,
    ...lines,
  ].join('\n')}\n`;
}
