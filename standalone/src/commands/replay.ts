import { shanghaiText } from '@ganzhi/schemas';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import { progressBar } from '../progress.ts';
import type { ReplayReport } from '../replay/replay.ts';

const WORST_SHOWN = 10;

export const replay: Command = {
  name: 'replay',
  about:
    'Let a simulated meter follow a series through Modbus, gateway, MQTT, ingest and ledger, and compare. Exit 1 on any difference.',
  options: {
    csv: {
      type: 'string',
      value: 'FILE',
      about: 'Series "start,value" in kWh per interval; plain or .gz. Stamps without zone are UTC.',
    },
    template: { type: 'string', value: 'ID', about: 'Meter template, for example eastron-sdm630.' },
    institution: {
      type: 'string',
      value: 'CODE',
      about: 'Institution that the meter belongs to; default: the first of the registry.',
    },
    'data-dir': {
      type: 'string',
      value: 'DIR',
      about: 'Keep the data here, for a look with "ganzhi start"; default: a temporary folder.',
    },
    json: { type: 'boolean', about: 'One JSON object as last line of standard output.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const csv = text(values, 'csv');
    const template = text(values, 'template');
    if (!csv || !template) throw new UsageError('--csv FILE and --template ID are needed.');
    const { replaySeries } = await import('../replay/replay.ts');
    const bar = progressBar('Replay', (line) => process.stderr.write(`${line}\n`));
    const report = await replaySeries({
      csv,
      template,
      institution: text(values, 'institution'),
      dataDir: text(values, 'data-dir'),
      say: (line) => process.stderr.write(`${line}\n`),
      onProgress: (done, total) => bar.show(done, total),
    });
    if (!values.json) process.stdout.write(table(report));
    else process.stdout.write(`${JSON.stringify(report)}\n`);
    process.exitCode = report.equal ? 0 : 1;
  },
};

function table(report: ReplayReport): string {
  const { days, hours, differences } = report;
  const rows = days.map(
    (row) =>
      `${row.day}  ${row.seriesKwh.toFixed(3).padStart(12)}  ${row.ledgerKwh.toFixed(3).padStart(12)}  ${row.differenceKwh.toFixed(3).padStart(10)}  ${row.gapHours || ''}`,
  );
  const worst = differences
    .slice(0, WORST_SHOWN)
    .map(
      ({ hour, kind, seriesKwh, ledgerKwh }) =>
        `  ${shanghaiText(hour)}  ${kind}  series ${seriesKwh ?? '-'}  ledger ${ledgerKwh ?? '-'}`,
    );
  return [
    'Day (Shanghai)     Put in, kWh    Ledger, kWh  Difference  Hours with gaps',
    ...rows,
    '',
    `Put in ${report.seriesKwh.toFixed(3)} kWh, in the ledger ${report.ledgerKwh.toFixed(3)} kWh, register resolution ${report.resolutionKwh} kWh.`,
    `${hours.compared} hours: ${hours.full} full, ${hours.partial} with missing rows, ${hours.gaps} without any (gaps). ${report.readings} readings in ${report.seconds.toFixed(1)} s.`,
    ...rejections(report),
    report.equal ? 'Every hour equals the series.' : `${differences.length} hours differ:`,
    ...worst,
    '',
  ].join('\n');
}

/** How many rows of the file were left out, by reason. */
function rejections({ rejectedRows }: ReplayReport): string[] {
  const byReason = Map.groupBy(rejectedRows, (row) => row.reason);
  return [...byReason].map(
    ([reason, rows]) => `${rows.length} rows of the file were not used: ${reason} (first: line ${rows[0]?.line}).`,
  );
}
