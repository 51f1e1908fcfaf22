import { rational, usageFinding } from '@ganzhi/analytics/rules';
import { DAY, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { ManualReading } from './schema.ts';
import type { ReadingRow } from './sql.ts';

interface Register {
  ts: number;
  register: string;
}

/**
 * What is unusual about a register: lower than the one before, higher than the one after, or a use per day far from that of
 * a year before (else from all that is known).
 */
export function findingsOf(reading: Register, others: readonly Register[]): { kind: string; detail: string }[] {
  const value = rational.decimal(reading.register);
  const before = others.findLast(({ ts }) => ts < reading.ts);
  const after = others.find(({ ts }) => ts > reading.ts);
  const findings: { kind: string; detail: string }[] = [];
  if (before && rational.compare(value, rational.decimal(before.register)) < 0) {
    findings.push({
      kind: 'backward',
      detail: `${reading.register} < ${before.register} (${shanghaiText(before.ts)})`,
    });
  }
  if (after && rational.compare(value, rational.decimal(after.register)) > 0) {
    findings.push({ kind: 'backward', detail: `${reading.register} > ${after.register} (${shanghaiText(after.ts)})` });
  }
  if (before && findings.length === 0) {
    const usual =
      perDay(others, before.ts - 365 * DAY, reading.ts - 365 * DAY) ?? perDay(others, -Infinity, reading.ts);
    const usage = usageFinding(rateOf(before, reading), usual);
    if (usage) findings.push({ kind: usage.kind, detail: 'ratio' in usage ? `× ${usage.ratio}` : '' });
  }
  return findings;
}

/** Units a day between the registers nearest to both ends of a span; undefined with fewer than two of them. */
function perDay(registers: readonly Register[], from: number, to: number): rational.Rational | undefined {
  const first = registers.findLast(({ ts }) => ts <= from) ?? (from === -Infinity ? registers[0] : undefined);
  const last = from === -Infinity ? registers.findLast(({ ts }) => ts < to) : registers.find(({ ts }) => ts >= to);
  return first && last && first.ts < last.ts ? rateOf(first, last) : undefined;
}

function rateOf(from: Register, to: Register): rational.Rational {
  const moved = rational.subtract(rational.decimal(to.register), rational.decimal(from.register));
  return rational.multiply(moved, rational.fraction(BigInt(DAY), BigInt(to.ts - from.ts)));
}

export function readingOf(row: ReadingRow): z.infer<typeof ManualReading> {
  const { id, ts, enteredAt, checkedAt, bookedAt, ...rest } = row;
  return {
    ...rest,
    id: Number(id),
    at: shanghaiText(ts),
    enteredAt: shanghaiText(enteredAt),
    checkedAt: checkedAt === null ? null : shanghaiText(checkedAt),
    bookedAt: bookedAt === null ? null : shanghaiText(bookedAt),
  };
}

/** Whether two texts name the same register. */
export const sameRegister = (a: string, b: string): boolean =>
  rational.compare(rational.decimal(a), rational.decimal(b)) === 0;
