/**
 * Formulas of virtual meters: a closed grammar, read by this parser and never evaluated as code.
 *
 *     sum     = product { ("+" | "-") product }
 *     product = factor { ("*" | "/") factor }
 *     factor  = "-" factor | "(" sum ")" | number | "[" meter code "]"
 *
 * Energy times energy, or anything by energy, has no meaning and is refused, so every formula is linear: a coefficient for
 * each meter and a constant. A bare number that is added is energy per hour in the meters' unit (losses of a transformer).
 * Linear is what lets a day be the sum of its hours and keeps the remainder of a balance exact.
 */
import { add, fraction, isZero, multiply, parseDecimal, type Rational, ZERO } from './rational.ts';

export interface Linear {
  /** Coefficient by code; none is zero. */
  readonly terms: ReadonlyMap<string, Rational>;
  /** Units an hour. */
  readonly constant: Rational;
}

/** Why a formula is refused, and where in the text (from 0). */
export interface FormulaFault {
  readonly at: number;
  readonly zh: string;
  readonly en: string;
}

export type Parsed = { readonly formula: Linear } | { readonly fault: FormulaFault };

export const LONGEST_FORMULA = 2_000;
const DEEPEST = 50;
const MOST_METERS = 200;

class Fault extends Error {
  readonly fault: FormulaFault;
  constructor(at: number, zh: string, en: string) {
    super(en);
    this.fault = { at, zh, en };
  }
}

interface Token {
  readonly kind: 'number' | 'meter' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:(\d{1,12}(?:\.\d{1,9})?)|\[([A-Za-z0-9][A-Za-z0-9._:-]{0,63})\]|([-+*/()]))/y;

function tokensOf(text: string): Token[] {
  if (text.length > LONGEST_FORMULA) {
    throw new Fault(LONGEST_FORMULA, `公式最长 ${LONGEST_FORMULA} 个字符`, `at most ${LONGEST_FORMULA} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) {
      const where = at + text.slice(at).search(/\S/);
      throw new Fault(where, '此处无法识别；表计请写作 [编号]', 'not understood here; write a meter as [code]');
    }
    const [, number, meter, sign = ''] = match;
    const kind = number !== undefined ? 'number' : meter !== undefined ? 'meter' : 'sign';
    const start = at + text.slice(at).search(/\S/);
    tokens.push({ kind, text: number ?? meter ?? sign, at: start });
    at = TOKEN.lastIndex;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

/** Reads a formula. */
export function parseFormula(text: string): Parsed {
  try {
    const tokens = tokensOf(text);
    let next = 0;
    const peek = (): Token => tokens[next] ?? { kind: 'end', text: '', at: text.length };
    const take = (): Token => {
      const token = peek();
      next += 1;
      return token;
    };
    const isSign = (...signs: string[]): boolean => peek().kind === 'sign' && signs.includes(peek().text);

    const factor = (depth: number): Linear => {
      if (depth > DEEPEST) throw new Fault(peek().at, '括号嵌套过深', 'nested too deeply');
      const token = take();
      if (token.kind === 'number') return number(parseDecimal(token.text) ?? ZERO);
      if (token.kind === 'meter') return { terms: new Map([[token.text, fraction(1n)]]), constant: ZERO };
      if (token.text === '-') return scaled(factor(depth + 1), fraction(-1n));
      if (token.text === '(') {
        const inner = sum(depth + 1);
        if (!isSign(')')) throw new Fault(peek().at, '缺少右括号', 'a closing parenthesis is missing');
        take();
        return inner;
      }
      throw new Fault(token.at, '此处应为表计、数字或括号', 'a meter, a number or a parenthesis is missing here');
    };
    const product = (depth: number): Linear => {
      let left = factor(depth);
      while (isSign('*', '/')) {
        const sign = take();
        const right = factor(depth);
        left = sign.text === '*' ? times(left, right, sign.at) : by(left, right, sign.at);
      }
      return left;
    };
    const sum = (depth: number): Linear => {
      let left = product(depth);
      while (isSign('+', '-')) {
        const sign = take();
        const right = product(depth);
        left = plus(left, sign.text === '+' ? right : scaled(right, fraction(-1n)));
      }
      return left;
    };

    const formula = sum(0);
    if (peek().kind !== 'end') throw new Fault(peek().at, '此处多余', 'nothing more is expected here');
    if (formula.terms.size === 0) throw new Fault(0, '公式中没有表计', 'the formula names no meter that counts');
    if (formula.terms.size > MOST_METERS) {
      throw new Fault(0, `最多 ${MOST_METERS} 只表计`, `at most ${MOST_METERS} meters`);
    }
    return { formula };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}

const number = (constant: Rational): Linear => ({ terms: new Map(), constant });

function scaled(linear: Linear, factor: Rational): Linear {
  const terms = Array.from(linear.terms, ([code, value]) => [code, multiply(value, factor)] as const);
  return {
    terms: new Map(terms.filter(([, value]) => !isZero(value))),
    constant: multiply(linear.constant, factor),
  };
}

function plus(a: Linear, b: Linear): Linear {
  const terms = new Map(a.terms);
  for (const [code, value] of b.terms) {
    const total = add(terms.get(code) ?? ZERO, value);
    if (isZero(total)) terms.delete(code);
    else terms.set(code, total);
  }
  return { terms, constant: add(a.constant, b.constant) };
}

function times(a: Linear, b: Linear, at: number): Linear {
  if (a.terms.size === 0) return scaled(b, a.constant);
  if (b.terms.size === 0) return scaled(a, b.constant);
  throw new Fault(at, '两只表计不能相乘', 'a meter cannot be multiplied by a meter');
}

function by(a: Linear, b: Linear, at: number): Linear {
  if (b.terms.size > 0) throw new Fault(at, '不能除以表计', 'nothing can be divided by a meter');
  if (isZero(b.constant)) throw new Fault(at, '不能除以零', 'division by zero');
  return scaled(a, fraction(b.constant.den, b.constant.num));
}

/**
 * A cycle that reaches `start`, as the path of codes from it back to it; undefined when there is none.
 *
 * @param operands virtual meters that each virtual meter is made of
 */
export function cyclePath(start: string, operands: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (code: string, path: readonly string[]): string[] | undefined => {
    for (const operand of operands.get(code) ?? []) {
      if (operand === start) return [...path, operand];
      if (seen.has(operand)) continue;
      seen.add(operand);
      const found = walk(operand, [...path, operand]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}

/** What is known of one operand in a span. */
export interface Operand {
  /** Null: nothing is known, which is not zero. */
  readonly energy: Rational | null;
  /** Names of what is missing in it; not empty: "at least". */
  readonly missing: readonly string[];
}

export interface VirtualValue {
  /** Null when it cannot be told. */
  readonly energy: Rational | null;
  readonly missing: readonly string[];
}

/**
 * The value of a formula over a span. Where something is missing, a formula that only adds gives "at least"; one that takes
 * off gives nothing, since neither bound would hold.
 *
 * @param hours length of the span, for the constant
 */
export function formulaValue(formula: Linear, operandOf: (code: string) => Operand, hours: number): VirtualValue {
  const operands = Array.from(formula.terms, ([code, coefficient]) => ({ code, coefficient, ...operandOf(code) }));
  const missing = [...new Set(operands.flatMap((one) => (one.energy === null ? [one.code] : one.missing)))].sort();
  const known = operands.flatMap((one) => (one.energy === null ? [] : [multiply(one.coefficient, one.energy)]));
  const takesOff = operands.some(({ coefficient }) => coefficient.num < 0n);
  if (known.length === 0 || (takesOff && missing.length > 0)) return { energy: null, missing };
  const constant = multiply(formula.constant, fraction(BigInt(hours)));
  return { energy: known.reduce(add, constant), missing };
}

/** The unexplained remainder (不明用量): parent less its children. */
export const remainderFormula = (parent: string, children: readonly string[]): string =>
  [`[${parent}]`, ...children.map((child) => `[${child}]`)].join(' - ');
