import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions } from '../command.ts';
import { findDatabase } from '../database.ts';

export const check: Command = {
  name: 'check',
  about:
    'Prove conservation: ledger against raw registers, by an independent implementation. Exit 1 on one count of difference.',
  options: { json: { type: 'boolean', about: 'One JSON object on standard output.' } },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { checkConservation } = await import('@ganzhi/analytics');
    const db = await openDatabase({
      url: findDatabase(config).urlFor('ganzhi_analytics'),
      role: 'ganzhi_analytics',
      max: 1,
    });
    try {
      const result = await checkConservation(db);
      const plain = JSON.stringify(
        result,
        (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
        2,
      );
      const words = `${result.meters} registers checked, ${result.differences.length} differ.`;
      process.stdout.write(values.json || result.differences.length > 0 ? `${plain}\n` : `${words}\n`);
      if (result.differences.length > 0) process.exitCode = 1;
    } finally {
      await db.end();
    }
  },
};
