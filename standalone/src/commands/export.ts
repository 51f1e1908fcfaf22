import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { GanzhiError, loadConfig } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';

const FORMATS = ['xlsx', 'csv', 'json'] as const;

export const exportQuota: Command = {
  name: 'export',
  about:
    'Write the quota compliance report (consumption, coverage, quota, share used, verdict), or the registry (--registry).',
  options: {
    registry: {
      type: 'string',
      value: 'KINDS',
      about:
        'institutions,buildings,gateways,utility-accounts,meters or all: a file that "ganzhi import" reads. xlsx or csv.',
    },
    as: { type: 'string', value: 'LOGIN', about: 'With --registry: what this user may export.' },
    year: { type: 'string', value: 'YYYY', about: 'Calendar year of the quota; default: this year.' },
    format: { type: 'string', value: 'xlsx|csv|json', about: 'Default: by the ending of --output, else csv.' },
    output: { type: 'string', value: 'FILE', about: 'File to write; default: standard output.' },
    lang: { type: 'string', value: 'zh|en', about: 'Language of headings; default: zh.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const output = text(values, 'output');
    const format = oneOf('format', text(values, 'format') ?? (extname(output ?? '').slice(1) || 'csv'), FORMATS);
    const locale = oneOf('lang', text(values, 'lang') ?? 'zh', ['zh', 'en'] as const);
    const now = Date.now();
    const year = wholeNumber(values, 'year', {
      min: 2000,
      max: 2100,
      fallback: new Date(now + 8 * 3_600_000).getUTCFullYear(),
    });
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { exportQuotaCompliance, exportRegistryFile } = await import('@ganzhi/api');
    const registry = text(values, 'registry');
    const login = text(values, 'as');
    if (registry !== undefined && login === undefined) throw new UsageError('--registry needs --as LOGIN.');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 2 });
    try {
      const file =
        registry === undefined || login === undefined
          ? await exportQuotaCompliance(db, { year, format, asOf: now, locale })
          : await exportRegistryFile(db, { kinds: registry, format: fileFormat(format), language: locale }, login, now);
      if (output) write(output, file);
      else process.stdout.write(file);
    } finally {
      await db.end();
    }
  },
};

const fileFormat = (format: (typeof FORMATS)[number]): 'xlsx' | 'csv' => {
  if (format !== 'json') return format;
  throw new UsageError('--registry writes xlsx or csv.');
};

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (!found) throw new UsageError(`--${name} takes ${allowed.join(', ')}, not "${value}".`);
  return found;
}

function write(output: string, file: Buffer): void {
  try {
    writeFileSync(output, file);
  } catch (cause) {
    const reason = (cause as { code?: string }).code;
    throw new GanzhiError(
      'no-permission',
      `--output ${output} cannot be written (${reason}). Name a file in a folder that is there.`,
      { cause },
    );
  }
}
