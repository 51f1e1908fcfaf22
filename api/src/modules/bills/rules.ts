import { billFindings, type Finding, rational } from '@ganzhi/analytics/rules';
import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { BothLanguages } from '../../errors/refuse.ts';
import type { Account, Bill } from './schema.ts';
import type { BillRow, BillSpan, BillValues } from './sql.ts';

export function billOf(row: BillRow): z.infer<typeof Bill> {
  const { id, fromDay, toDay, enteredAt, voidedBy, voidedAt, voidReason, ...rest } = row;
  return {
    ...rest,
    id: Number(id),
    from: fromDay,
    to: toDay,
    enteredAt: shanghaiText(enteredAt),
    voided:
      voidedBy !== null && voidedAt !== null && voidReason !== null
        ? { by: voidedBy, at: shanghaiText(voidedAt), reason: voidReason }
        : null,
  };
}

/** What speaks against a bill, or undefined: an overlap or a closed account always, an unusual figure unless it is explained. */
export function billFault(
  bill: BillValues,
  { carrier, closed }: Pick<z.infer<typeof Account>, 'carrier' | 'closed'>,
  others: readonly BillSpan[],
): ({ field: 'from' | 'quantity' | 'to' } & BothLanguages) | undefined {
  if (Date.parse(bill.to) - Date.parse(bill.from) > 400 * 86_400_000) {
    return { field: 'to', zh: '账期最长 400 天。', en: 'A bill spans at most 400 days.' };
  }
  if (closed && bill.to > closed.on) {
    return {
      field: 'to',
      zh: `该账户已于 ${closed.on} 销户，账期不能晚于该日。`,
      en: `The account was closed on ${closed.on}; a bill cannot reach beyond that day.`,
    };
  }
  const overlap = others.find((other) => other.fromDay < bill.to && bill.from < other.toDay);
  if (overlap) {
    const span = `${overlap.fromDay} – ${overlap.toDay}`;
    return {
      field: 'from',
      zh: `与已有账单（${span}）的账期重叠。请先作废原账单或更正日期。`,
      en: `Overlaps the bill of ${span}. Void that bill first or mend the days.`,
    };
  }
  if (bill.explanation !== null) return undefined;
  const facts = {
    carrier,
    quantity: rational.decimal(bill.quantity),
    costCny: bill.costCny === null ? null : rational.decimal(bill.costCny),
    fromDay: bill.from,
    toDay: bill.to,
  };
  const known = others.map((other) => ({ ...other, quantity: rational.decimal(other.quantity) }));
  const [finding] = billFindings(facts, known);
  return finding && { field: 'quantity', ...wordsOf(finding) };
}

/** A finding in words, with what to do. */
export function wordsOf(finding: Finding): BothLanguages {
  const remedy = {
    zh: '请核对；如确属实，请填写说明（explanation）。',
    en: 'Check it; if it is right, say why in "explanation".',
  };
  if (finding.kind === 'price') {
    const { price, low, high } = finding;
    return {
      zh: `单价 ${price} 元不在常见区间 ${low}～${high} 元。${remedy.zh}`,
      en: `The price of ${price} CNY lies outside the usual ${low} to ${high}. ${remedy.en}`,
    };
  }
  if (finding.kind === 'unit-slip') {
    return {
      zh: `日均用量为以往的 ${finding.ratio} 倍，疑似单位填错（如千瓦时与兆瓦时）。${remedy.zh}`,
      en: `Use per day is ${finding.ratio} times what it was: probably a slip of the unit (kWh, MWh). ${remedy.en}`,
    };
  }
  return {
    zh: `日均用量为以往的 ${finding.ratio} 倍。${remedy.zh}`,
    en: `Use per day is ${finding.ratio} times what it was. ${remedy.en}`,
  };
}
