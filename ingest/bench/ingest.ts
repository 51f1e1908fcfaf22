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

const { values: flags } = parseArgs({
  options: {
    readings: { type: 'string', default: '1000000' },
    gateways: { type: 'string', default: '400' },
    message: { type: 'string' },
    window: { type: 'string', default: '2' },
    rate: { type: 'string', default: '0' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const LIVE = 96;
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
    const { sent: _perGateway, ...sent } = load;
    const limits = await measureLimits(bed.adminUrl, plan);
    list.push({
      plan,
      ...sent,
      ...run,
      ...limits,
      ratioToCopyUpsert: ratio(run.committedPerSecond, limits.copyUpsertPerSecond),
      ratioToCopyUpsertTwoConnections: ratio(run.committedPerSecond, limits.copyUpsertTwoConnectionsPerSecond),
    });
    if (!flags.json) print(list.at(-1));
  }
  return list;
});
if (flags.json) process.stdout.write(`${JSON.stringify({ machine: machine(), runs: results, ...results[0] })}\n`);

function print(result: Result | undefined): void {
  for (const [name, value] of Object.entries(result ?? {})) {
    process.stdout.write(`  ${name.padEnd(36)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}
