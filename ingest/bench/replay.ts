/**
 * The case ingest is built for: gateways send the backlog of an outage, and today's values must not be late because of it.
 *
 *   npm run bench:replay -- [--readings N] [--gateways N] [--share 0.5] [--message 500] [--window N] [--live N] [--reference N] [--json]
 *
 * A share of the gateways replays (a day of the whole city at 15 minutes: --readings 18000000 --share 1), all send live values
 * beside it, --live readings a second altogether (default: the city at one minute). Two figures for live values: of gateways
 * that have no backlog, and of those that send both over one connection. In the same run, before: the same messages from as
 * many gateways without live values (--reference readings), and what the database takes by COPY. Ends with exit code 1 when
 * the database has anything but what was sent.
 */
import { parseArgs } from 'node:util';
import { machine, withBed } from './bed.ts';
import { measureLimits } from './limit.ts';
import type { LoadReport } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { runPlans } from './run.ts';

const HELP = `npm run bench:replay -- [--readings 3000000] [--gateways 1960] [--share 0.5] [--message 500] [--window 1] [--live 3136] [--reference 3000000] [--json]

  --readings   of the backlog; a day of the whole city at 15 minutes is 18000000
  --share      of the gateways, the part that replays; all send live values
  --live       readings a second, all gateways together
  --reference  readings of the run without live values that the drain is compared with
  --json       last line of standard output is one JSON object
`;
const { values: flags } = parseArgs({
  options: {
    readings: { type: 'string', default: '3000000' },
    gateways: { type: 'string', default: '1960' },
    share: { type: 'string', default: '0.5' },
    message: { type: 'string', default: '500' },
    window: { type: 'string', default: '1' },
    live: { type: 'string', default: '3136' },
    reference: { type: 'string', default: '3000000' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(HELP);
  process.exit();
}
const gateways = Number(flags.gateways);
const replaying = Math.round(gateways * Number(flags.share));
const backlog: LoadPlan = {
  first: 0,
  gateways: replaying,
  readings: Number(flags.readings),
  perMessage: Number(flags.message),
  replay: true,
  window: Number(flags.window),
  perSecond: 0,
};
const live = (first: number, count: number): LoadPlan[] => {
  const perSecond = (Number(flags.live) * count) / gateways;
  return count > 0
    ? [{ first, gateways: count, readings: 0, perMessage: 96, replay: false, window: 1, perSecond }]
    : [];
};
const plans = [backlog, ...live(0, replaying), ...live(replaying, gateways - replaying)];

const report = await withBed({ gateways, profiles: flags.profile }, async (bed) => {
  const reference = { ...backlog, readings: Number(flags.reference) };
  const alone = await runPlans(bed, [reference]);
  const limits = await measureLimits(bed.adminUrl, reference);
  const { loads, ...run } = await runPlans(bed, plans);
  const [drained, beside, others] = loads;
  if (!drained || !beside) throw new Error('the load generator reported nothing');
  return {
    backlogReadings: drained.readings,
    drainSeconds: Math.round(drained.seconds * 10) / 10,
    drainPerSecond: Math.round(drained.readings / drained.seconds),
    referencePerSecond: alone.committedPerSecond,
    drainToReference: ratio(drained.readings / drained.seconds, alone.committedPerSecond),
    ...limits,
    ratioToCopyUpsert: ratio(drained.readings / drained.seconds, limits.copyUpsertPerSecond),
    ackP50Ms: beside.ackP50Ms,
    ackP99Ms: beside.ackP99Ms,
    backlogMessageBytes: drained.messageBytes,
    backlogAckP50Ms: drained.ackP50Ms,
    live: { withoutBacklog: others ? acks(others) : null, besideBacklog: acks(beside) },
    ...run,
  };
});
if (flags.json) process.stdout.write(`${JSON.stringify({ machine: machine(), ...report })}\n`);
else {
  process.stdout.write(`${JSON.stringify(machine())}\n`);
  for (const [name, value] of Object.entries(report)) {
    process.stdout.write(`  ${name.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}

function acks({ readings, ackP50Ms, ackP99Ms, ackMaxMs }: LoadReport) {
  return { readings, ackP50Ms, ackP99Ms, ackMaxMs };
}

function ratio(a: number, b: number): number {
  return Math.round((a / b) * 100) / 100;
}
