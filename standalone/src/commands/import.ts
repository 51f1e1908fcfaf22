import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { GanzhiError, loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOperands, text, UsageError, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';

export const importRegistry: Command = {
  name: 'import',
  about:
    'Institutions, buildings, gateways, utility accounts and meters from Excel or CSV: a preview, and with --commit all of it or nothing.',
  operands: 'FILE',
  options: {
    as: { type: 'string', value: 'LOGIN', about: 'In whose name and scope; needed.' },
    kind: {
      type: 'string',
      value: 'KIND',
      about: 'What a CSV holds: institutions, buildings, gateways, utility-accounts, meters.',
    },
    commit: { type: 'boolean', about: 'Write it, if nothing is wrong. Without: a preview only.' },
    undo: {
      type: 'string',
      value: 'ID',
      about: 'Instead: take a committed import back, while nothing was built on it.',
    },
    json: { type: 'boolean', about: 'The result as JSON.' },
  },
  async run(argv) {
    const { values, operands } = parseOperands(this.options, argv);
    const login = text(values, 'as');
    const [file] = operands;
    const undo = wholeNumber(values, 'undo', { min: 1, max: 2 ** 31 - 1, fallback: 0 });
    if (login === undefined) throw new UsageError('import needs --as LOGIN.');
    if ((file === undefined) === (undo === 0) || operands.length > 1)
      throw new UsageError('Name one FILE, or --undo ID.');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { importRegistryFile, undoRegistryImport } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 2 });
    try {
      if (file === undefined) {
        const { id, fileName } = await undoRegistryImport(db, undo, login, Date.now());
        process.stdout.write(`Import ${id} (${fileName}) is undone.\n`);
        return;
      }
      const report = await importRegistryFile(
        db,
        { fileName: basename(file), bytes: contentOf(file), kind: text(values, 'kind') },
        {
          login,
          commit: values.commit === true,
          now: Date.now(),
          onProgress: (phase, done) => process.stderr.write(`${phase}: ${done}\n`),
        },
      );
      process.stdout.write(values.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
      if (report.import.state === 'faulty') process.exitCode = 1;
    } finally {
      await db.end();
    }
  },
};

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = (cause as { code?: string }).code;
    throw new GanzhiError('invalid-request', `${file} cannot be read (${reason}).`, { cause });
  }
}

function reportText({ import: done, errors }: import('@ganzhi/api').ImportReport): string {
  const counts = done.counts.map(
    ({ kind, rows, create, update, unchanged }) =>
      `${kind}: ${rows} lines, ${create} new, ${update} changed, ${unchanged} as they are`,
  );
  const faults = errors.map(
    ({ sheet, kind, line, column, zh, en }) => `${sheet || kind} ${column ?? 'line '}${line}: ${zh} ${en}`,
  );
  const next = {
    read: '',
    ready: `Import ${done.id} is a preview: run it again with --commit to write it.`,
    faulty: 'Nothing was written. Mend the cells above and import the file again.',
    committed: `Import ${done.id} is written; "ganzhi import --undo ${done.id}" takes it back.`,
    undone: '',
  }[done.state];
  return `${[...counts, ...faults, next].join('\n')}\n`;
}
