import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { runGanzhi } from './system.ts';

/** Public log of a meter 000000000161 (DL/T 645-2007): its answers by identifier, as they stand on the wire. */
const ANSWERS = {
  '33333433': '68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16',
  '33333635': '68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 33 6B 16',
  '33333935': '68 61 01 00 00 00 00 68 91 06 33 33 39 35 34 38 09 16',
  '33343435': '68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16',
  '33343535': '68 61 01 00 00 00 00 68 91 07 33 34 35 35 CC 7C 33 16 16',
};
/** The same power with its sign set. */
const REVERSED = { '33333635': '68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 B3 EB 16' };

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** A serial server with this meter behind it. */
async function meter161(answers: Readonly<Record<string, string>>): Promise<string> {
  server = createServer((socket) => {
    socket.on('data', (request) => {
      // Waking bytes, then header and length are 14 bytes; the identifier follows.
      const answer = answers[request.subarray(14, 18).toString('hex')];
      if (answer) socket.write(Buffer.from(answer.replaceAll(' ', ''), 'hex'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

const probe = (...args: string[]) => runGanzhi(['meter', 'probe', ...args]);
const OPTIONS = ['--template', 'generic-dlt645-single-phase', '--host', '127.0.0.1', '--address', '161', '--port'];

test('a meter is read, and nothing suspicious found', async () => {
  const { code, stdout } = await probe(...OPTIONS, await meter161(ANSWERS));
  expect(code).toBe(0);
  expect(stdout).toContain('0.26 kWh');
  expect(stdout).toContain('未发现异常');
});

test('a meter whose power has the wrong sign is exit code 1, also as JSON', async () => {
  const { code, stdout } = await probe(...OPTIONS, await meter161({ ...ANSWERS, ...REVERSED }), '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    values: expect.arrayContaining([expect.objectContaining({ quantity: 'power', value: -0.2512, unit: 'kW' })]),
    findings: [{ code: 'ct-polarity', severity: 'error' }],
  });
});

test('a meter that cannot be reached is exit code 1 and named for each value', async () => {
  const result = await probe('--template', 'eastron-sdm630', '--host', '127.0.0.1', '--port', '1');
  expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining('read-disconnected') });
});

test.each([
  [['meter'], 'probe'],
  [['meter', 'probe'], '--template'],
  [['meter', 'probe', '--template', 'eastron-sdm630'], '--host'],
  [['meter', 'probe', '--template', 'generic-dlt645-1997', '--host', 'x'], '--address'],
  [['meter', 'probe', '--template', 'generic-dlt645-1997', '--host', 'x', '--address', 'zz'], 'address'],
])('ganzhi %s is wrong usage', async (argv, words) => {
  expect(await runGanzhi(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
});
