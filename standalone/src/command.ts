import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** One command of `ganzhi`: what it is, its options (node:util parseArgs), and what it does. */
export interface Command {
  name: string;
  about: string;
  /** What stands behind the options, for `--help`: `decode HEX`. */
  operands?: string;
  /** Options with the line that `--help` prints. */
  options: Readonly<Record<string, OptionSpec>>;
  run(argv: readonly string[]): Promise<void>;
}

export interface OptionSpec {
  type: 'string' | 'boolean';
  about: string;
  /** Shown as the value's name in `--help`. */
  value?: string;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/**
 * @throws UsageError that names the unknown or incomplete option
 */
export function parseOptions(options: Readonly<Record<string, OptionSpec>>, argv: readonly string[]): OptionValues {
  return parse(options, argv, false).values;
}

/**
 * Options and the words that belong to none, in order.
 *
 * @throws UsageError that names the unknown or incomplete option
 */
export const parseOperands = (
  options: Readonly<Record<string, OptionSpec>>,
  argv: readonly string[],
): { values: OptionValues; operands: readonly string[] } => parse(options, argv, true);

function parse(options: Readonly<Record<string, OptionSpec>>, argv: readonly string[], allowPositionals: boolean) {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { type }]) => [name, { type }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: config, allowPositionals });
    return { values: values as OptionValues, operands: positionals };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
}

/** A text option, or undefined. */
export function text(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * A whole-number option within limits.
 *
 * @throws UsageError that names the option and its limits
 */
export function wholeNumber(
  values: OptionValues,
  name: string,
  limits: { min: number; max: number; fallback: number },
): number {
  const given = text(values, name);
  if (given === undefined) return limits.fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value < limits.min || value > limits.max) {
    throw new UsageError(`--${name} takes a whole number from ${limits.min} to ${limits.max}, not "${given}".`);
  }
  return value;
}

export function helpText(command: Command): string {
  const rows = Object.entries(command.options).map(([name, spec]) => ({
    flag: `--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`,
    about: spec.about,
  }));
  const width = Math.max(6, ...rows.map((row) => row.flag.length));
  const lines = [...rows, { flag: '--help', about: 'This text.' }].map(
    (row) => `  ${row.flag.padEnd(width)}  ${row.about}`,
  );
  const usage = command.operands ? `\nUsage: ganzhi ${command.name} [options] ${command.operands}\n` : '';
  return `ganzhi ${command.name}: ${command.about}\n${usage}\nOptions:\n${lines.join('\n')}\n`;
}
