import { cyclePath, type Linear, parseFormula, rational } from '@ganzhi/analytics/rules';
import type { z } from 'zod';
import { wrongField } from '../../errors/refuse.ts';
import type { Days } from '../../lib/day.ts';
import type { VirtualDays } from './schema.ts';
import type { daysOf, operandsOf } from './sql.ts';

/** @throws Refusal `invalid-request` with the place and the reason */
export function readFormula(text: string): Linear {
  const parsed = parseFormula(text);
  if ('formula' in parsed) return parsed.formula;
  const { at, zh, en } = parsed.fault;
  throw wrongField('formula', {
    zh: `公式第 ${at + 1} 个字符处有误：${zh}。`,
    en: `The formula is wrong at character ${at + 1}: ${en}.`,
  });
}

/**
 * Refuses unknown meters by name, other media, and cycles with their path.
 *
 * @throws Refusal `invalid-request`
 */
export function checkOperands(
  own: { code: string; medium: string },
  linear: Linear,
  operands: Awaited<ReturnType<typeof operandsOf>>,
  graph: ReadonlyMap<string, readonly string[]>,
): void {
  const known = new Set(operands.map(({ code }) => code));
  const unknown = [...linear.terms.keys()].filter((code) => !known.has(code) && code !== own.code);
  if (unknown.length > 0) {
    throw wrongField('formula', {
      zh: `公式引用了未登记的表计：${unknown.join('、')}。请先登记或改正编号。`,
      en: `The formula names meters that are not in the registry: ${unknown.join(', ')}. Register them or mend the codes.`,
    });
  }
  const foreign = operands.filter(({ medium }) => medium !== own.medium).map(({ code }) => code);
  if (foreign.length > 0) {
    throw wrongField('formula', {
      zh: `以下表计的能源种类与虚拟表不同：${foreign.join('、')}。`,
      en: `These meters measure another medium than the virtual meter: ${foreign.join(', ')}.`,
    });
  }
  const virtual = operands.flatMap(({ code, virtualId }) => (virtualId === null ? [] : [code]));
  const self = linear.terms.has(own.code) ? [own.code] : [];
  const path = cyclePath(
    own.code,
    new Map([...graph, [own.code, [...(graph.get(own.code) ?? []), ...virtual, ...self]]]),
  );
  if (path) {
    const way = path.join(' → ');
    throw wrongField('formula', {
      zh: `公式形成循环引用：${way}。请去掉其中一处引用。`,
      en: `The formula closes a cycle: ${way}. Take one of the references out.`,
    });
  }
}

/** A total is "at least" where a day only adds up in part, and unknown where a day cannot be told. */
export function totalOf(
  unit: string,
  days: Days,
  rows: Awaited<ReturnType<typeof daysOf>>,
): Omit<z.infer<typeof VirtualDays>, 'watermark'> {
  const known = rows.flatMap(({ energy }) => (energy === null ? [] : [rational.decimal(energy)]));
  const untold = rows.some(({ energy }) => energy === null);
  const missing = [...new Set(rows.flatMap((row) => row.missing))].sort();
  return {
    unit,
    from: days.from,
    to: days.to,
    total: untold || known.length === 0 ? null : rational.toNumber(rational.sum(known)),
    atLeast: missing.length > 0,
    missing,
    items: rows.map((row) => ({ ...row, energy: row.energy === null ? null : Number(row.energy) })),
  };
}
