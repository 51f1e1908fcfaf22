import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { wrongField } from '../../errors/refuse.ts';
import type { MeterFacts } from './schema.ts';
import type { FactRow, FactValues, PlacedMeter } from './sql.ts';

/**
 * Refuses records that contradict themselves or the future.
 *
 * @param today the Shanghai day of now: what is to hold later is recorded when it holds
 * @throws Refusal `invalid-request` naming the field and the remedy
 */
export function checkFact(meter: PlacedMeter, fact: FactValues, parent: PlacedMeter | undefined, today: string): void {
  if (fact.validFrom > today) {
    throw wrongField('validFrom', {
      zh: `生效日不得晚于今天（${today}）：请在生效当天录入。`,
      en: `validFrom must not be later than today (${today}); record it on its day.`,
    });
  }
  if ((fact.role === 'sub') !== (fact.parentId !== null)) {
    throw wrongField('parentId', {
      zh: '分表（sub）必须且只有分表才填写上级表计。',
      en: 'A sub meter needs the meter above it, and only a sub meter has one.',
    });
  }
  if (fact.parentId === null) return;
  if (!parent || parent.id === meter.id) {
    throw wrongField('parentId', {
      zh: '没有此上级表计，或上级为其自身。请填写同一能源种类的另一只表计。',
      en: 'There is no such parent, or it is the meter itself. Name another meter of the same medium.',
    });
  }
  if (parent.medium !== meter.medium) {
    throw wrongField('parentId', {
      zh: `上级表计 ${parent.code} 的能源种类不同。`,
      en: `The parent ${parent.code} measures another medium.`,
    });
  }
}

/** @param path codes from the parent up to the meter itself */
export function cycleRefusal(path: readonly string[]) {
  const way = [path.at(-1), ...path].join(' → ');
  return wrongField('parentId', {
    zh: `上级关系形成循环：${way}。请先更正其中一只表计的上级。`,
    en: `The parents would close a cycle: ${way}. Correct the parent of one of them first.`,
  });
}

/** Records of a meter; of one without any, what the registry says. */
export function factsAnswer(meter: PlacedMeter, rows: readonly FactRow[]): z.infer<typeof MeterFacts> {
  if (rows.length === 0) {
    const { id: meterId, role, parentId } = meter;
    const undated = { validFrom: null, sourceDocument: 'registry', recordedAt: null, recordedBy: 'registry' };
    return { items: [{ id: null, meterId, role, parentId, direction: 'in', ...undated }] };
  }
  return {
    items: rows.map(({ validFrom, recordedAt, ...row }) => ({
      ...row,
      validFrom: validFrom === '-infinity' ? null : validFrom,
      recordedAt: Number.isFinite(recordedAt) ? shanghaiText(recordedAt) : null,
    })),
  };
}
