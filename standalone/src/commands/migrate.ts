import { loadConfig } from '@ganzhi/schemas';
import { migrate } from '@ganzhi/schemas/db';
import { type Command, parseOptions } from '../command.ts';
import { findDatabase } from '../database.ts';

export const migrateDatabase: Command = {
  name: 'migrate',
  about: 'Bring the database to this version (roles, tables, views). Safe to repeat.',
  options: {},
  async run(argv) {
    parseOptions(this.options, argv);
    const database = findDatabase(loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']));
    const { flavour, applied } = await migrate(database.adminUrl);
    process.stdout.write(`${applied.length} migrations applied (${flavour} flavour).\n`);
  },
};
