/** What a commissioning check can say; codes are stable, texts are for people. */
export const FINDINGS = {
  'phase-missing': ['error', '缺相', 'A phase is missing'],
  'voltage-band': ['warning', '电压越限', 'The voltage is outside its band'],
  'frequency-band': ['error', '频率异常', 'The frequency is impossible'],
  'power-factor': ['warning', '功率因数过低', 'The power factor is low'],
  'wrong-scale': ['error', '倍率错误', 'The scale is wrong'],
  'wrong-word-order': ['error', '字序错误', 'The word order is wrong'],
  'ct-polarity': ['error', '电流互感器极性接反', 'A current transformer is reversed'],
  'import-export-swapped': ['error', '正反向电能接反', 'Import and export are swapped'],
  'current-missing': ['warning', '电流缺失', 'There is power without current'],
  'register-still': ['warning', '电能寄存器未走字', 'The energy register does not move'],
} as const;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  code: FindingCode;
  severity: 'error' | 'warning';
  zh: string;
  en: string;
  /** The numbers, and what to look at. */
  detail: string;
}

export function finding(code: FindingCode, detail: string): Finding {
  const [severity, zh, en] = FINDINGS[code];
  return { code, severity, zh, en, detail };
}
