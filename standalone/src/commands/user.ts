import { loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import { findDatabase } from '../database.ts';

export const user: Command = {
  name: 'user',
  about: 'Enter users, give them roles, reset a lost password (ends the open sessions of that user). One at a time.',
  options: {
    'reset-password': { type: 'string', value: 'LOGIN', about: 'The user; the first administrator is "admin".' },
    create: { type: 'string', value: 'LOGIN', about: 'A new user; the temporary password is shown once.' },
    name: { type: 'string', value: 'NAME', about: 'With --create: the name that people see; default: the login.' },
    grant: { type: 'string', value: 'LOGIN', about: 'Give an existing user a role: with --role and a scope.' },
    role: { type: 'string', value: 'ROLE', about: 'Such as system-administrator, city-administrator, auditor.' },
    division: { type: 'string', value: 'CODE', about: 'With --grant: a division and everything below it.' },
    'whole-city': { type: 'boolean', about: 'With --grant: the whole city.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const [reset, create, grant] = [text(values, 'reset-password'), text(values, 'create'), text(values, 'grant')];
    if ([reset, create, grant].filter((given) => given !== undefined).length !== 1) {
      throw new UsageError('Name one of --reset-password LOGIN, --create LOGIN and --grant LOGIN.');
    }
    const role = text(values, 'role');
    if (grant !== undefined && role === undefined) throw new UsageError('--grant needs --role ROLE.');
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { createUser, grantByOperator, resetPassword } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
    try {
      if (reset !== undefined) {
        const { password } = await resetPassword(db, reset);
        process.stdout.write(`New password of "${reset}" (shown once): ${password}\n`);
      } else if (create !== undefined) {
        const { password } = await createUser(db, { login: create, displayName: text(values, 'name') ?? create });
        process.stdout.write(`User "${create}", temporary password (shown once): ${password}\n`);
      } else if (grant !== undefined && role !== undefined) {
        await grantByOperator(db, {
          login: grant,
          role,
          wholeCity: values['whole-city'] === true,
          division: text(values, 'division'),
        });
        process.stdout.write(`"${grant}" is ${role} now.\n`);
      }
    } finally {
      await db.end();
    }
  },
};
