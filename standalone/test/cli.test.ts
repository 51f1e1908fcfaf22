import { expect, test } from 'vitest';
import { COMMANDS } from '../src/commands/index.ts';
import { runGanzhi } from './system.ts';

test('--help lists every command, and every command has its own', async () => {
  const overview = await runGanzhi(['--help']);
  expect(overview.code).toBe(0);
  for (const { name, about, options } of COMMANDS) {
    expect(overview.stdout).toContain(`${name} `);
    const { code, stdout } = await runGanzhi([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(about);
    for (const option of Object.keys(options)) expect(stdout).toContain(`--${option}`);
  }
});

test('wrong usage is exit code 2 and names the mistake', async () => {
  expect(await runGanzhi([])).toMatchObject({ code: 2 });
  expect(await runGanzhi(['fly'])).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown command "fly"') });
  expect(await runGanzhi(['start', '--sights', '3'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--sights'),
  });
  expect(await runGanzhi(['start', '--sites', 'many'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--sites takes a whole number from 0 to 200'),
  });
});
