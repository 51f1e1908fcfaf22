import { GanzhiError } from '@ganzhi/schemas';
import { helpText, UsageError } from './command.ts';
import { COMMANDS, findCommand } from './commands/index.ts';

const EXIT_USAGE = 2;

/**
 * The `ganzhi` command. Data goes to standard output, everything else to standard error. Exit code 0 done, 1 failed (one
 * readable message with its remedy), 2 wrong usage.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    process.exitCode = name === undefined ? EXIT_USAGE : 0;
    return;
  }
  const command = findCommand(name);
  if (!command) {
    process.stderr.write(`ganzhi: unknown command "${name}".\n\n${overview()}`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpText(command));
    return;
  }
  try {
    await command.run(rest);
  } catch (error) {
    fail(error, name);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.about}`);
  return `Ganzhi 感知: the energy sensing network of a city's public institutions\n\nUsage: ganzhi <command> [options]\n\n${lines.join('\n')}\n\n"ganzhi <command> --help" tells the options. Settings come from the environment, see .env.example.\n`;
}

function fail(error: unknown, name: string): void {
  if (error instanceof UsageError) {
    process.stderr.write(`ganzhi ${name}: ${error.message}\n"ganzhi ${name} --help" tells the options.\n`);
    process.exit(EXIT_USAGE);
  }
  if (error instanceof GanzhiError) {
    process.stderr.write(`ganzhi ${name}: ${error.message}\n`);
  } else {
    process.stderr.write(
      `ganzhi ${name}: unexpected failure\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
  }
  process.exit(1);
}
