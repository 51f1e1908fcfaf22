import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';

export const token: Command = {
  name: 'token',
  about:
    'Make or end an API token of a user or service account. The token is printed once; it never can more than its user.',
  options: {
    create: { type: 'string', value: 'LOGIN', about: 'A token of this user.' },
    name: { type: 'string', value: 'NAME', about: 'What it is for; needed with --create.' },
    permissions: { type: 'string', value: 'A,B', about: 'Default: data.read.' },
    days: { type: 'string', value: 'N', about: 'How long it lives; default 90.' },
    revoke: { type: 'string', value: 'ID', about: 'End a token now.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const [create, revoke] = [text(values, 'create'), text(values, 'revoke')];
    if ((create === undefined) === (revoke === undefined)) throw new UsageError('Name --create LOGIN or --revoke ID.');
    const id = wholeNumber(values, 'revoke', { min: 1, max: 2 ** 31 - 1, fallback: 0 });
    const name = text(values, 'name');
    if (create !== undefined && name === undefined) throw new UsageError('--create needs --name NAME.');
    const days = wholeNumber(values, 'days', { min: 1, max: 730, fallback: 90 });
    const permissions = (text(values, 'permissions') ?? 'data.read').split(',');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { tokenForLogin, tokenRevoked } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
    try {
      if (create !== undefined && name !== undefined) {
        const made = await tokenForLogin(db, create, { name, permissions, days }, Date.now());
        process.stdout.write(`Token ${made.id} of "${create}" until ${made.expiresAt} (shown once): ${made.token}\n`);
      } else {
        process.stdout.write(`Token ${id} of "${await tokenRevoked(db, id, Date.now())}" is ended.\n`);
      }
    } finally {
      await db.end();
    }
  },
};
