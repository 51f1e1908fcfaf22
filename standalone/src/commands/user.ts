import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import { findDatabase } from '../database.ts';

export const user: Command = {
  name: 'user',
  about: 'Give a user a new password, for example when the first one was lost. Ends the open sessions of that user.',
  options: {
    'reset-password': { type: 'string', value: 'LOGIN', about: 'The user; the first administrator is "admin".' },
  },
  async run(argv) {
    const login = text(parseOptions(this.options, argv), 'reset-password');
    if (!login) throw new UsageError('--reset-password LOGIN is missing.');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { resetPassword } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
    try {
      const { password } = await resetPassword(db, login);
      process.stdout.write(`New password of "${login}" (shown once): ${password}\n`);
    } finally {
      await db.end();
    }
  },
};
