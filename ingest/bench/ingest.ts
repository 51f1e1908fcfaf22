/**
 * Committed readings per second, end to end over MQTT QoS 1, beside the limit of the database in the same run.
 *
 *   npm run bench:ingest -- [--readings N] [--gateways N] [--message 96|500] [--window N] [--rate N] [--profile DIR] [--json]
 *
 * Without --message both are measured: 96 readings a message as live values, 500 as replay after an outage. Database,
 * ingest and load generator are three processes. Ends with exit code 1 when the database has anything but what was sent.
 */
import { parseArgs } from 'node:util';
import { machine, withBed } from './bed.ts';
import { type Limits, measureLimits } from './limit.ts';
import type { LoadReport } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { type RunReport, runPlans } from './run.ts';

const HELP = `npm run bench:ingest -- [--readings 1000000] [--gateways 400] [--message 96|500] [--window 2] [--rate 0] [--profile DIR] [--json]

  --readings  of each run
  --message   readings in a message; unset: a run with 96, live, and one with 500, replayed
  --window    messages that a gateway has on the way at once
  --rate      readings a second that are offered; 0: as many as are acknowledged
  --profile   folder for a CPU profile of ingest
  --json      last line of standard output is one JSON object; its first run also stands at the top
`;
const { values: flags } = parseArgs({
  options: {
    readings: { type: 'string', default: '1000000' },
    gateways: { type: 'string', default: '400' },
    message: { type: 'string' },
    window: { type: 'string', default: '2' },
    rate: { type: 'string', default: '0' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(HELP);
  process.exit();
}
const LIVE = 96;
/** The rows of the limit are held in memory, and more of them say nothing more. */
const LIMIT_READINGS = 3_000_000;
const sizes = flags.message ? [Number(flags.message)] : [LIVE, 500];
const plans = sizes.map(
  (perMessage): LoadPlan => ({
    first: 0,
    gateways: Number(flags.gateways),
    readings: Number(flags.readings),
    perMessage,
    replay: perMessage !== LIVE,
    window: Number(flags.window),
    perSecond: Number(flags.rate),
  }),
);

type Result = { plan: LoadPlan; ratioToCopyUpsert: number; ratioToCopyUpsertTwoConnections: number } & Limits &
  Omit<LoadReport, 'sent'> &
  Omit<RunReport, 'loads'>;
const ratio = (a: number, b: number): number => Math.round((a / b) * 100) / 100;

const results = await withBed({ gateways: Number(flags.gateways), profiles: flags.profile }, async (bed) => {
  const list: Result[] = [];
  for (const plan of plans) {
    const { loads, ...run } = await runPlans(bed, [plan]);
    const [load] = loads;
    if (!load) throw new Error('the load generator reported nothing');
    const { sent: _perGateway, ...sending } = load;
    const limits = await measureLimits(bed.adminUrl, { ...plan, readings: Math.min(plan.readings, LIMIT_READINGS) });
    list.push({
      plan,
      ...sending,
      ...run,
      ...limits,
      ratioToCopyUpsert: ratio(run.committedPerSecond, limits.copyUpsertPerSecond),
      ratioToCopyUpsertTwoConnections: ratio(run.committedPerSecond, limits.copyUpsertTwoConnectionsPerSecond),
    });
    if (!flags.json) print(list.at(-1));
  }
  return list;
});
if (!flags.json) process.stdout.write(`${JSON.stringify(machine())}\n`);
else process.stdout.write(`${JSON.stringify({ machine: machine(), runs: results, ...results[0] })}\n`);

function print(result: Result | undefined): void {
  for (const [name, value] of Object.entries(result ?? {})) {
    process.stdout.write(`  ${name.padEnd(36)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}
