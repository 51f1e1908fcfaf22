import { VEE_RULE_CODES } from '@ganzhi/analytics/rules';
import { DAY, loadConfig, parseInstant } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import { findDatabase } from '../database.ts';

const DEFAULT_SPAN_MS = 7 * DAY;

export const vee: Command = {
  name: 'vee',
  about:
    'Dry run of a validation rule (V1 to V12) over the past: what it flags with the thresholds in force and with another one. Writes nothing.',
  options: {
    rule: { type: 'string', value: 'V1..V12', about: 'The rule.' },
    from: { type: 'string', value: 'DATE', about: 'First day or instant; default: seven days before --to.' },
    to: { type: 'string', value: 'DATE', about: 'Day or instant not in it, at most 31 days later; default: now.' },
    medium: { type: 'string', value: 'MEDIUM', about: 'Only electricity, water, gas or heat.' },
    parameter: { type: 'string', value: 'NAME', about: 'Which threshold --value stands for, where the rule has two.' },
    value: { type: 'string', value: 'NUMBER', about: 'A threshold to be tried.' },
    json: { type: 'boolean', about: 'One JSON object on standard output.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const rule = VEE_RULE_CODES.find((code) => code === text(values, 'rule'));
    if (!rule) throw new UsageError(`--rule takes ${VEE_RULE_CODES.join(', ')}.`);
    const to = instant('to', text(values, 'to')) ?? Date.now();
    const from = instant('from', text(values, 'from')) ?? to - DEFAULT_SPAN_MS;
    const request = {
      ...{ rule, from, to, medium: text(values, 'medium'), parameter: text(values, 'parameter') },
      value: number(text(values, 'value')),
    };
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR']);
    const { addRuns, metersToJudge, MOST_METERS, runOver } = await import('@ganzhi/api');
    const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
    try {
      let meters = await metersToJudge(db, request, MOST_METERS);
      let total = await runOver(db, request, meters);
      for (let last = meters.at(-1); meters.length === MOST_METERS && last; last = meters.at(-1)) {
        meters = await metersToJudge(db, { ...request, afterId: last.id }, MOST_METERS);
        total = addRuns(total, await runOver(db, request, meters));
      }
      process.stdout.write(values.json ? `${JSON.stringify(total)}\n` : wordsOf(total));
    } finally {
      await db.end();
    }
  },
};

type Run = Awaited<ReturnType<typeof import('@ganzhi/api')['runOver']>>;

function wordsOf({ rule, from, to, meters, thresholds, inForce, proposed, examples }: Run): string {
  const line = (name: string, { flags, meters: flagged, hours, energy }: Run['inForce']) =>
    `${name}: ${flags} flags at ${flagged} meters, ${hours} hours${energy.map(({ unit, quantity }) => `, ${quantity} ${unit}`).join('')}`;
  return `${[
    `${rule} from ${from} to ${to}, ${meters} meters looked at.`,
    ...thresholds.map(({ parameter, medium, role, value }) => `  ${parameter} = ${value} for ${medium}, ${role}`),
    line('in force', inForce),
    ...(proposed ? [line('proposed', proposed)] : []),
    ...examples.map((one) => `  ${one.meterCode} ${one.from} to ${one.to}: ${one.detail}`),
  ].join('\n')}\n`;
}

function instant(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const at = parseInstant(given);
  if (at === undefined) throw new UsageError(`--${name} takes 2026-11-01 or an instant with offset, not "${given}".`);
  return at;
}

function number(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !(value >= 0)) throw new UsageError(`--value takes a number from 0, not "${given}".`);
  return value;
}
