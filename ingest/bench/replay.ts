/**
 * The case ingest is built for: a whole city sends its backlog, and today's values must not be late because of it.
 *
 *   npm run bench:replay -- [--readings N] [--gateways N] [--message 500] [--window N] [--live N] [--json]
 *
 * Every gateway replays its share (a day of the city at 15 minutes: --readings 18000000) and sends live values beside it
 * over the same connection, --live readings a second altogether (default: the city at one minute). Ends with exit code 1
 * when the database has anything but what was sent.
 */
import { parseArgs } from 'node:util';
import { machine, withBed } from './bed.ts';
import type { LoadPlan } from './load-plan.ts';
import { runPlans } from './run.ts';

const { values: flags } = parseArgs({
  options: {
    readings: { type: 'string', default: '3000000' },
    gateways: { type: 'string', default: '1960' },
    message: { type: 'string', default: '500' },
    window: { type: 'string', default: '1' },
    live: { type: 'string', default: '3136' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const gateways = Number(flags.gateways);
const backlog: LoadPlan = {
  gateways,
  readings: Number(flags.readings),
  perMessage: Number(flags.message),
  replay: true,
  window: Number(flags.window),
  perSecond: 0,
};
const live: LoadPlan = {
  gateways,
  readings: 0,
  perMessage: 96,
  replay: false,
  window: 1,
  perSecond: Number(flags.live),
};

const report = await withBed({ gateways, profiles: flags.profile }, async (bed) => {
  const { loads, ...run } = await runPlans(bed, [backlog, live]);
  const [drained, beside] = loads;
  if (!drained || !beside) throw new Error('the load generator reported nothing');
  return {
    backlogReadings: drained.readings,
    drainSeconds: Math.round(drained.seconds * 10) / 10,
    drainPerSecond: Math.round(drained.readings / drained.seconds),
    backlogMessageBytes: drained.messageBytes,
    backlogAckP50Ms: drained.ackP50Ms,
    liveReadings: beside.readings,
    liveAckP50Ms: beside.ackP50Ms,
    liveAckP99Ms: beside.ackP99Ms,
    liveAckMaxMs: beside.ackMaxMs,
    ...run,
  };
});
if (flags.json) process.stdout.write(`${JSON.stringify({ machine: machine(), ...report })}\n`);
else {
  for (const [name, value] of Object.entries(report)) {
    process.stdout.write(`  ${name.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
}
