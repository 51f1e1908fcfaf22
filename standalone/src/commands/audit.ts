import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOperands, text, UsageError } from '../command.ts';
import { findDatabase } from '../database.ts';

export const audit: Command = {
  name: 'audit',
  about: 'Prove the audit trail: compute its chain again. Exit 1 when a row was changed, deleted or put in.',
  operands: 'verify',
  options: {
    head: { type: 'string', value: 'HEX', about: 'A head that was kept outside: it must occur in the chain.' },
    json: { type: 'boolean', about: 'One JSON object on standard output.' },
  },
  async run(argv) {
    const { values, operands } = parseOperands(this.options, argv);
    if (operands.length !== 1 || operands[0] !== 'verify') throw new UsageError('Say "ganzhi audit verify".');
    const head = text(values, 'head');
    if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) throw new UsageError('--head takes 64 hexadecimal digits.');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { sealAudit, verifyAudit } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
    try {
      await sealAudit(db);
      const verdict = await verifyAudit(db, head);
      const bad = verdict.faults.length > 0 || verdict.containsExpected === false;
      const lines = [
        `${verdict.rows} rows sealed, ${verdict.faults.length} faults, ${verdict.unsealed} wait for their seal.`,
        ...verdict.faults.map((fault) => `row ${fault.auditId}: ${fault.kind}`),
        ...(verdict.containsExpected === false
          ? ['The given head does not occur: the trail was written anew or cut.']
          : []),
        `Head, to be kept outside: ${verdict.head}`,
      ];
      process.stdout.write(values.json ? `${JSON.stringify(verdict)}\n` : `${lines.join('\n')}\n`);
      if (bad) process.exitCode = 1;
    } finally {
      await db.end();
    }
  },
};
