/** Why the data did something to an alarm; kept by code, told in words. */
export const REASONS = {
  found: { zh: '数据中发现', en: 'Found in the data' },
  'found-again': { zh: '数据中再次出现', en: 'Found again in the data' },
  'still-found': { zh: '已报处理，但数据显示仍然存在', en: 'Said to be done, and the data still show it' },
  'part-returned': { zh: '部分恢复，其余单独成为告警', en: 'Part of it returned; what remains is an alarm by itself' },
  'same-cause': { zh: '与其他告警同因，已归并', en: 'Of one cause with others, and folded into it' },
  ended: { zh: '数据显示已恢复', en: 'The data show that it is over' },
  corrected: { zh: '记录已更正，数据一致', en: 'The record was corrected and the data agree' },
  'taken-back': { zh: '补传或更正的数据表明并无此事', en: 'Late or corrected data show that it never was' },
} as const;
export type Reason = keyof typeof REASONS;

export const isReason = (code: string): code is Reason => Object.hasOwn(REASONS, code);
