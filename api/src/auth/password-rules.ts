import type { BothLanguages } from '../errors/refuse.ts';
import type { SecurityPolicy } from './policy.ts';

const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u];
const LONG = 16;

/**
 * Why a new password is too weak, or undefined. Length by policy; three of four kinds of characters, or 16 characters of
 * any kind; not the user's name (GB/T 22239-2019 8.1.4.1 a: complexity).
 */
export function passwordFault(password: string, login: string, policy: SecurityPolicy): BothLanguages | undefined {
  const text = password.normalize('NFKC');
  const length = [...text].length;
  const { passwordMinLength: least } = policy;
  if (length < least) {
    return { zh: `密码至少 ${least} 个字符。`, en: `A password has at least ${least} characters.` };
  }
  if (text.toLowerCase().includes(login.toLowerCase())) {
    return { zh: '密码不得包含用户名。', en: 'A password does not contain the user name.' };
  }
  const kinds = CLASSES.filter((kind) => kind.test(text)).length;
  const distinct = new Set(text).size;
  if (distinct < 5 || (kinds < 3 && length < LONG)) {
    return {
      zh: `密码须包含大写、小写、数字、符号中的三类，或不少于 ${LONG} 个字符，且不得多为重复字符。`,
      en: `A password has three of capitals, small letters, digits and signs, or ${LONG} characters, and not one repeated.`,
    };
  }
  return undefined;
}
