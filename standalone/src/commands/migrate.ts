import { loadConfig } from '@ganzhi/schemas';
import { LOGIN_PASSWORD_SETTINGS, migrate, setLoginPasswords } from '@ganzhi/schemas/db';
import { type Command, parseOptions } from '../command.ts';
import { findDatabase } from '../database.ts';

export const migrateDatabase: Command = {
  name: 'migrate',
  about: 'Bring the database to this version (roles, tables, views). Safe to repeat.',
  options: {},
  async run(argv) {
    parseOptions(this.options, argv);
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR', ...LOGIN_PASSWORD_SETTINGS]);
    const database = findDatabase(config);
    const { flavour, applied } = await migrate(database.adminUrl);
    const logins = await setLoginPasswords(database.adminUrl, config);
    process.stdout.write(`${applied.length} migrations applied (${flavour} flavour).\n`);
    if (logins.length > 0) process.stdout.write(`Log-in passwords set: ${logins.join(', ')}.\n`);
  },
};
