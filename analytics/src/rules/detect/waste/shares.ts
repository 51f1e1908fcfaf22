/** Use where none is needed, by the handbook's figures (§4), each also against what meters of the same use show. */
import { BLOCK_MS, blockStart, quantile } from '../blocks.ts';
import { atMeter, type Finding, type FindingKind, rounded } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import {
  isInUse,
  isNight,
  type Judged,
  meanOf,
  plotBesidePeers,
  type Stretch,
  type Subject,
  stretchesBeyond,
  told,
} from './subject.ts';

const BLOCK_H = BLOCK_MS / 3_600_000;
/** Of a window's blocks, so many must be known. */
const FEWEST_KNOWN = 0.7;

/** Always on: what runs in nine of ten working nights, of the mean; beyond the limit and well beyond the peers. */
export function alwaysOn(subject: Subject, { ratio, rise, days }: Thresholds<'always-on'>): Finding[] {
  const { grid, working } = subject;
  const judge = (from: number, to: number): Judged | undefined => {
    const blocks = told(subject, from, to);
    const nights = blocks.filter(({ block }) => isNight(grid, block) && (working[block] ?? false));
    const [mean, peerMean] = [meanOf(blocks.map((one) => one.own)), meanOf(blocks.map((one) => one.peers))];
    if (blocks.length < FEWEST_KNOWN * (to - from) || nights.length < days / 2) return undefined;
    if (!(mean > 0) || !(peerMean > 0)) return undefined;
    const own =
      quantile(
        nights.map((one) => one.own),
        0.1,
      ) / mean;
    const peers =
      quantile(
        nights.map((one) => one.peers),
        0.1,
      ) / peerMean;
    return { value: own, limit: Math.max(ratio, peers + rise), extra: (own - peers) * mean * days * 24 };
  };
  return stretchesBeyond(grid, days, judge).map((stretch) => sustained(subject, 'always-on', stretch));
}

/** Out of hours: the share of energy used while nobody is expected, beyond the limit and well beyond the peers. */
export function offHours(subject: Subject, { share, rise, days }: Thresholds<'off-hours'>): Finding[] {
  const judge = (from: number, to: number): Judged | undefined => {
    const blocks = told(subject, from, to);
    const away = blocks.filter(({ block }) => !isInUse(subject, block));
    const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
    const [all, allPeers] = [sum(blocks.map((one) => one.own)), sum(blocks.map((one) => one.peers))];
    if (blocks.length < FEWEST_KNOWN * (to - from) || away.length === blocks.length) return undefined;
    if (!(all > 0) || !(allPeers > 0)) return undefined;
    const own = sum(away.map((one) => one.own)) / all;
    const peers = sum(away.map((one) => one.peers)) / allPeers;
    return { value: own, limit: Math.max(share, peers + rise), extra: (own - peers) * all * BLOCK_H };
  };
  return stretchesBeyond(subject.grid, days, judge).map((stretch) => sustained(subject, 'off-hours', stretch));
}

function sustained(subject: Subject, kind: FindingKind, stretch: Stretch): Finding {
  const { meter, grid } = subject;
  const { from, to, lasts, days, worst, extraPerDay } = stretch;
  return atMeter(meter.id, {
    kind,
    fromMs: blockStart(grid, from),
    toMs: lasts ? undefined : blockStart(grid, to),
    evidence: { share: rounded(worst.value), limit: rounded(worst.limit), days },
    plot: plotBesidePeers(subject, { from: Math.max(from, to - 14 * 8), to }),
    extra: { amount: rounded(extraPerDay * days, 2), perMonth: rounded(extraPerDay * 30, 2) },
  });
}
