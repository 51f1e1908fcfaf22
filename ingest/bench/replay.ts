/**
 * The case ingest is built for: gateways send the backlog of an outage, and today's values must not be late because of it.
 *
 *   npm run bench:replay -- [--readings N] [--gateways N] [--share 0.5] [--message 500] [--window N] [--live N] [--json]
 *
 * A share of the gateways replays (a day of the whole city at 15 minutes: --readings 18000000 --share 1), all send live values
 * beside it, --live readings a second altogether (default: the city at one minute). Two figures for live values: of gateways
 * that have no backlog, and of those that send both over one connection. Ends with exit code 1 when the database has
 * anything but what was sent.
 */
import { parseArgs } from 'node:util';
import { machine, withBed } from './bed.ts';
import type { LoadReport } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { runPlans } from './run.ts';

const { values: flags } = parseArgs({
  options: {
    readings: { type: 'string', default: '3000000' },
    gateways: { type: 'string', default: '1960' },
    share: { type: 'string', default: '0.5' },
    message: { type: 'string', default: '500' },
    window: { type: 'string', default: '1' },
    live: { type: 'string', default: '3136' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
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
  const { loads, ...run } = await runPlans(bed, plans);
  const [drained, beside, others] = loads;
  if (!drained || !beside) throw new Error('the load generator reported nothing');
  return {
    backlogReadings: drained.readings,
    drainSeconds: Math.round(drained.seconds * 10) / 10,
    drainPerSecond: Math.round(drained.readings / drained.seconds),
    backlogMessageBytes: drained.messageBytes,
    backlogAckP50Ms: drained.ackP50Ms,
    live: { withoutBacklog: others ? acks(others) : null, besideBacklog: acks(beside) },
    ...run,
  };
});
if (flags.json) process.stdout.write(`${JSON.stringify({ machine: machine(), ...report })}\n`);
else {
  for (const [name, value] of Object.entries(report)) {
    process.stdout.write(`  ${name.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}

function acks({ readings, ackP50Ms, ackP99Ms, ackMaxMs }: LoadReport) {
  return { readings, ackP50Ms, ackP99Ms, ackMaxMs };
}
