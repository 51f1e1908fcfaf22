import { readFileSync } from 'node:fs';
import { GanzhiError, loadConfig, parseInstant } from '@ganzhi/schemas';
import { type Command, type OptionValues, parseOperands, text, UsageError } from '../command.ts';

export const collector: Command = {
  name: 'collector',
  about:
    "Try a door for the ministry's collectors: log in, ask for the time, send one value; answers as JSON (exit 1: refused).",
  operands: 'try BUILDING COLLECTOR',
  options: {
    profiles: { type: 'string', value: 'FILE', about: 'The profiles of the server; unset: GANZHI_COLLECTORS[_FILE].' },
    profile: { type: 'string', value: 'N', about: 'Which of them, from 1; the first unless said.' },
    host: { type: 'string', value: 'ADDRESS', about: 'Where the door is; 127.0.0.1 unless said.' },
    port: { type: 'string', value: 'PORT', about: "The door's port; the profile's unless said." },
    meter: { type: 'string', value: 'ID', about: 'Number of the meter; with it a value is sent.' },
    function: { type: 'string', value: 'ID', about: 'Number of the function; 1 unless said.' },
    coding: { type: 'string', value: 'CODE', about: 'Energy code of the function, such as 01A00.' },
    value: { type: 'string', value: 'NUMBER', about: 'The register; needed with --meter.' },
    at: { type: 'string', value: 'TIME', about: 'When it was read; now unless said.' },
    continuous: { type: 'boolean', about: 'Send it as back-fill after an outage.' },
  },
  async run(argv) {
    const { values, operands } = parseOperands(this.options, argv);
    const [verb, building, number] = operands;
    if (verb !== 'try' || building === undefined || number === undefined) {
      throw new UsageError('Write: try BUILDING COLLECTOR, such as "try 320412A001 01".');
    }
    const reading = readingOf(values);
    const { CollectorClient, parseCollectorProfiles } = await import('@ganzhi/ingest');
    const profiles = parseCollectorProfiles(profilesText(values));
    const profile = profiles[Number(text(values, 'profile') ?? '1') - 1];
    if (!profile) throw new UsageError(`--profile takes a number from 1 to ${profiles.length}.`);
    const host = text(values, 'host') ?? '127.0.0.1';
    const port = portOf(values) ?? profile.port;
    const client = await CollectorClient.connect({ profile, host, port, building, collector: number }).catch(
      (cause: unknown) => {
        throw new GanzhiError(
          'unavailable',
          `Nobody listens on ${host}:${port}. Is ingest running with this profile?`,
          { cause },
        );
      },
    );
    try {
      const secret = profile.collectors[`${building}/${number}`]?.md5Key ?? profile.md5Key;
      const passed = await client.login(secret);
      const time = passed ? await client.heartbeat() : undefined;
      const told = passed && reading ? await client.report(reading.t, [reading], reading.kind) : undefined;
      process.stdout.write(
        `${JSON.stringify({ login: passed ? 'pass' : 'fail', time, acknowledged: told }, null, 2)}\n`,
      );
      if (!passed) process.exitCode = 1;
    } finally {
      client.close();
    }
  },
};

function profilesText(values: OptionValues): string {
  const file = text(values, 'profiles');
  const given = file === undefined ? loadConfig(['GANZHI_COLLECTORS']).GANZHI_COLLECTORS : readProfiles(file);
  if (given === undefined) throw new UsageError('--profiles FILE is needed, or GANZHI_COLLECTORS_FILE.');
  return given;
}

function readProfiles(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new GanzhiError('config-invalid', `--profiles: ${file} cannot be read.`, { cause });
  }
}

function readingOf(values: OptionValues) {
  const meter = text(values, 'meter');
  if (meter === undefined) return undefined;
  const value = text(values, 'value');
  if (value === undefined || !/^-?\d+(\.\d+)?$/.test(value)) throw new UsageError('--value takes a decimal number.');
  const at = text(values, 'at');
  const t = at === undefined ? Date.now() : parseInstant(at);
  if (t === undefined) throw new UsageError('--at takes 2026-11-23 or 2026-11-23T08:00:00+08:00.');
  const coding = text(values, 'coding');
  const kind = values.continuous === true ? ('continuous' as const) : ('report' as const);
  return {
    meter,
    function: text(values, 'function') ?? '1',
    ...(coding === undefined ? {} : { coding }),
    value,
    t,
    kind,
  };
}

function portOf(values: OptionValues): number | undefined {
  const given = text(values, 'port');
  if (given === undefined) return undefined;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port < 1 || port > 65_535) throw new UsageError('--port takes a number from 1 to 65535.');
  return port;
}
