import { type Finding, overlapMs } from '../rules/detect/finding.ts';
import { findInArrival } from './arrival.ts';
import { findInConsumption } from './consumption.ts';
import { findFrozen } from './frozen.ts';
import { chunksOf, type ListedMeter, loadMeters } from './meters.ts';
import { type Client, type DetectOptions, FAMILIES } from './options.ts';
import { loadDecisions, registerFindings } from './registers.ts';
import { findSilence } from './silence.ts';

const METERS_AT_A_TIME = 2_000;

/**
 * What the detectors find in a span of time, family by family; nothing is written. Each costs so much a meter, whatever the size of
 * the city, and holds a part of it in memory.
 *
 * @returns by meter or other unit, unordered; a finding without an end lasts at `toMs`
 */
export async function detectFindings(client: Client, options: DetectOptions): Promise<Finding[]> {
  const { fromMs, toMs, institutionIds, families = FAMILIES } = options;
  const all = await loadMeters(client);
  const wanted = institutionIds && new Set(institutionIds);
  const meters = wanted ? all.filter(({ institutionId }) => wanted.has(institutionId)) : all;
  const found: Finding[] = [];
  for (const some of chunksOf(meters, METERS_AT_A_TIME)) found.push(...(await ofMeters(client, some, options)));
  if (families.includes('arrival')) found.push(...(await findInArrival(client, meters, { fromMs, toMs })));
  if (families.includes('consumption')) found.push(...(await findInConsumption(client, all, options)));
  return withoutClockSteps(found);
}

/** What a register seems to do while its gateway's clock is wrong or set right again. */
const CLOCK_STEPS: ReadonlySet<string> = new Set(['implausible', 'disorder', 'backward']);

function withoutClockSteps(findings: readonly Finding[]): Finding[] {
  const drifts = findings
    .filter(({ kind }) => kind === 'clock-drift')
    .map((drift) => ({ drift, meters: new Set(drift.meterIds) }));
  return findings.filter(
    (finding) =>
      !CLOCK_STEPS.has(finding.kind) ||
      !drifts.some(
        ({ drift, meters }) => finding.meterIds.some((id) => meters.has(id)) && overlapMs(drift, finding) >= 0,
      ),
  );
}

async function ofMeters(client: Client, meters: readonly ListedMeter[], options: DetectOptions): Promise<Finding[]> {
  const { families = FAMILIES } = options;
  const found: Finding[] = [];
  if (families.includes('registers') || families.includes('frozen')) {
    const decisions = await loadDecisions(client, meters, options);
    if (families.includes('registers')) found.push(...registerFindings(meters, decisions));
    if (families.includes('frozen')) found.push(...(await findFrozen(client, meters, decisions, options)));
  }
  if (families.includes('silence')) found.push(...(await findSilence(client, meters, options)));
  return found;
}
