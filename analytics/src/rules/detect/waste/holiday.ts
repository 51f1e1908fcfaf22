import { DAY, dateText } from '@ganzhi/schemas';
import { type CalendarOverrides, dayType } from '../../energy/calendar.ts';
import { BLOCK_MS, BLOCKS_PER_DAY, blockStart } from '../blocks.ts';
import { atMeter, type Finding, rounded } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { meanOf, plotBesidePeers, type Subject, told } from './subject.ts';

/** Days of work that tell what a day of work is. */
const FEWEST_WORKDAYS = 5;
const FEWEST_DAYS_OFF = 2;

/**
 * Public holidays: what a day uses of what a day of work uses (domain handbook §4), beyond the limit and well beyond the peers. Weekends
 * are another matter.
 */
export function holidayUse(
  subject: Subject,
  { ratio, rise }: Thresholds<'holiday'>,
  overrides?: CalendarOverrides,
): Finding[] {
  const { meter, grid, working } = subject;
  const blocks = told(subject, 0, grid.count);
  const work = blocks.filter(({ block }) => working[block] ?? false);
  if (work.length < FEWEST_WORKDAYS * BLOCKS_PER_DAY) return [];
  const [own, peers] = [meanOf(work.map((one) => one.own)), meanOf(work.map((one) => one.peers))];
  if (!(own > 0) || !(peers > 0)) return [];
  const holidays = new Set(
    Array.from({ length: grid.count }, (_, block) => dateText(blockStart(grid, block))).filter(
      (day) => dayType(day, overrides).type === 'holiday',
    ),
  );
  const off = blocks.filter(({ block }) => holidays.has(dateText(blockStart(grid, block))));
  return runsOf(off).flatMap((run) => {
    const [from, to] = [run[0]?.block ?? 0, (run.at(-1)?.block ?? 0) + 1];
    // half a holiday says nothing
    if (run.length < FEWEST_DAYS_OFF * BLOCKS_PER_DAY * 0.8) return [];
    const value = meanOf(run.map((one) => one.own)) / own;
    const usual = meanOf(run.map((one) => one.peers)) / peers;
    const limit = Math.max(ratio, usual + rise);
    if (value <= limit) return [];
    const amount = (value - usual) * own * run.length * (BLOCK_MS / 3_600_000);
    const days = ((to - from) * BLOCK_MS) / DAY;
    return atMeter(meter.id, {
      kind: 'holiday-use',
      fromMs: blockStart(grid, from),
      toMs: to >= grid.count ? undefined : blockStart(grid, to),
      evidence: {
        ofWorkday: rounded(value),
        peersOfWorkday: rounded(usual),
        limit: rounded(limit),
        days: rounded(days, 1),
      },
      plot: plotBesidePeers(subject, { from, to }),
      extra: { amount: rounded(amount, 2), perMonth: rounded(amount, 2) },
    });
  });
}

/** Neighbouring days off are one holiday. */
function runsOf<T extends { block: number }>(blocks: readonly T[]): T[][] {
  const runs: T[][] = [];
  for (const one of blocks) {
    const last = runs.at(-1);
    if (last && one.block - (last.at(-1)?.block ?? 0) <= BLOCKS_PER_DAY) last.push(one);
    else runs.push([one]);
  }
  return runs;
}
