import { loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions } from '../command.ts';
import { CHECKS, type CheckResult, runChecks } from '../doctor/checks.ts';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

export const doctor: Command = {
  name: 'doctor',
  about: 'Look at this installation: runtime, folder, database, broker, services. Exit 1 when something fails.',
  options: {
    json: { type: 'boolean', about: 'One JSON object on standard output.' },
    ready: {
      type: 'boolean',
      about: 'Only ask the service at HOST:PORT whether it is ready (for container health checks).',
    },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR', 'HOST', 'PORT', 'GANZHI_MQTT_URL']);
    const checks = values.ready ? CHECKS.filter((check) => check.name === 'api') : CHECKS;
    const results = await runChecks(checks, config);
    process.stdout.write(
      values.json ? `${JSON.stringify({ checks: results })}\n` : `${results.map(line).join('\n')}\n`,
    );
    const bad = results.some((result) => result.state === 'fail' || (values.ready && result.state !== 'ok'));
    process.exitCode = bad ? 1 : 0;
  },
};

const line = (result: CheckResult): string =>
  `${MARK[result.state]}  ${result.name.padEnd(10)} ${result.found}${result.remedy ? `\n                 ${result.remedy}` : ''}`;
