/**
 * Check digits of the identifiers that people type in (domain handbook TV-24). Pure; each rule answers undefined when the
 * text is right, else what is wrong with it in both languages. Used by the write routes and by imports.
 */
export interface Fault {
  zh: string;
  en: string;
}

const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECKS = '10X98765432';

/** Province-level codes of GB/T 2260. */
const PROVINCES = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82'.split(' '),
);

/**
 * Check character of a unified social credit code (GB 32100-2015 §4.4: weights 3^(i-1) mod 31).
 *
 * @param body its first 17 characters; letters in upper case, without I O S V Z
 * @returns undefined when a character is none of the alphabet's or the length is not 17
 */
export function usccCheck(body: string): string | undefined {
  const digits = [...body].map((character) => USCC_ALPHABET.indexOf(character));
  if (digits.length !== 17 || digits.includes(-1)) return undefined;
  const sum = digits.reduce((total, digit, i) => total + digit * (USCC_WEIGHTS[i] ?? 0), 0);
  return USCC_ALPHABET[(31 - (sum % 31)) % 31];
}

/**
 * A unified social credit code of 18 characters. The digit of the organisation code inside it (GB 11714, place 17) is not
 * judged: codes are in force whose inner digit does not fit.
 */
export function usccFault(code: string): Fault | undefined {
  if (code.length !== 18) {
    return {
      zh: `统一社会信用代码应为 18 位，此处为 ${code.length} 位。`,
      en: `A unified social credit code has 18 characters, this one ${code.length}.`,
    };
  }
  const check = usccCheck(code.slice(0, 17));
  if (check === undefined) {
    return {
      zh: '统一社会信用代码只含数字和大写字母，不含 I、O、S、V、Z。',
      en: 'A unified social credit code holds digits and capital letters without I, O, S, V, Z.',
    };
  }
  const registrar = code.slice(2, 8);
  if (registrar !== '100000' && !(/^\d{6}$/.test(registrar) && PROVINCES.has(registrar.slice(0, 2)))) {
    return {
      zh: `第 3 至 8 位应为登记管理机关行政区划码，“${registrar}”不是。`,
      en: `Characters 3 to 8 are the division of the registrar; "${registrar}" is none.`,
    };
  }
  if (check === code[17]) return undefined;
  return {
    zh: `统一社会信用代码校验位不符：按前 17 位应为“${check}”，请核对原件。`,
    en: `The check character does not fit: the first 17 give "${check}". Compare it with the certificate.`,
  };
}

/** Check character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2) from its first 17 digits. */
export function residentIdCheck(body: string): string | undefined {
  if (!/^\d{17}$/.test(body)) return undefined;
  const sum = [...body].reduce((total, digit, i) => total + Number(digit) * (ID_WEIGHTS[i] ?? 0), 0);
  return ID_CHECKS[sum % 11];
}

/**
 * A resident identity number of 18 characters: division, day of birth, check character.
 *
 * @param today day in Asia/Shanghai; nobody is born later
 */
export function residentIdFault(id: string, today: string): Fault | undefined {
  const check = residentIdCheck(id.slice(0, 17));
  if (id.length !== 18 || check === undefined || !/[\dX]$/.test(id)) {
    return {
      zh: '居民身份证号应为 18 位数字，末位可为大写 X。',
      en: 'A resident identity number has 18 digits; the last may be a capital X.',
    };
  }
  if (!PROVINCES.has(id.slice(0, 2))) {
    return { zh: '居民身份证号前两位不是行政区划。', en: 'Its first two digits are no division.' };
  }
  const birth = `${id.slice(6, 10)}-${id.slice(10, 12)}-${id.slice(12, 14)}`;
  if (!isDay(birth) || birth < '1900-01-01' || birth > today) {
    return {
      zh: `居民身份证号中的出生日期 ${birth} 不存在或晚于今天。`,
      en: `The day of birth ${birth} does not exist or lies ahead.`,
    };
  }
  if (check === id[17]) return undefined;
  return {
    zh: `居民身份证号校验位不符：按前 17 位应为“${check}”，请核对证件。`,
    en: `The check character does not fit: the first 17 digits give "${check}". Compare it with the card.`,
  };
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}

/**
 * A division: six digits of GB/T 2260 (320412), nine with the town of GB/T 10114 (320412100), or the pseudo-code of a
 * functional area, which no standard numbers: four digits of its city and two capital letters (3204JK, 常州经开区).
 *
 * @param parent code of the division above; null: the root
 */
export function divisionCodeFault(code: string, parent: string | null): Fault | undefined {
  if (!/^(\d{6}|\d{9}|\d{4}[A-Z]{2})$/.test(code)) {
    return {
      zh: '行政区划代码为 6 位数字（GB/T 2260）、9 位数字（镇、街道）或“4 位数字+2 位大写字母”（功能区）。',
      en: 'A division code is six digits (GB/T 2260), nine digits (towns), or four digits and two capitals (functional areas).',
    };
  }
  if (!PROVINCES.has(code.slice(0, 2))) {
    return {
      zh: `“${code.slice(0, 2)}”不是 GB/T 2260 的省级代码。`,
      en: `"${code.slice(0, 2)}" is no province of GB/T 2260.`,
    };
  }
  if (parent === null) return undefined;
  const above = parent.replace(/(00)+$/, '').padEnd(2, '0');
  if (code !== parent && code.startsWith(above)) return undefined;
  return {
    zh: `代码 ${code} 不在上级 ${parent} 之内：应以 ${above} 开头。`,
    en: `Code ${code} does not lie below ${parent}: it should begin with ${above}.`,
  };
}
