import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureToken } from '@ganzhi/schemas/testing';

export const INGEST_USER = 'ganzhi-ingest';
export const INGEST_PASSWORD = 'password of ingest';

/** Debian's package puts it where an ordinary user's PATH may not look. */
const PROGRAMS = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto', 'mosquitto'];

/** The program, or undefined when this machine has none. */
export function findMosquitto(): string | undefined {
  return PROGRAMS.find((program) => {
    try {
      execFileSync(program, ['-h'], { stdio: 'ignore' });
      return true;
    } catch (error) {
      // it answers -h with 3
      return (error as { status?: number }).status === 3;
    }
  });
}

export interface Mosquitto {
  port: number;
  url: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** On the same port again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Mosquitto with passwords and rights as `ingest/README.md` says, in a folder of its own. */
export async function startMosquitto(program: string, gateways: readonly string[]): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-mosquitto-'));
  // started as root it becomes the user "mosquitto" before it reads its files
  chmodSync(folder, 0o755);
  const port = await freePort();
  const write = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  const passwords = write('passwords', [
    entry(INGEST_USER, INGEST_PASSWORD),
    ...gateways.map((code) => entry(code, fixtureToken(code))),
  ]);
  const rights = write('rights', [
    `user ${INGEST_USER}`,
    'topic read ganzhi/v1/+/up/#',
    'topic write ganzhi/v1/+/down/#',
    '',
    'pattern write ganzhi/v1/%u/up/#',
    'pattern read ganzhi/v1/%u/down/#',
  ]);
  const config = write('mosquitto.conf', [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    `acl_file ${rights}`,
    'persistence false',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'log_dest none',
  ]);
  let child: ChildProcess | undefined;
  const launch = async (): Promise<void> => {
    child = spawn(program, ['-c', config], { stdio: 'ignore' });
    await accepts(port);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  await launch();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    restart: launch,
    stop: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A line of Mosquitto's password file: PBKDF2 with SHA-512, few rounds because tests connect often. */
function entry(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 10, 64, 'sha512');
  return `${user}:$7$10$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** The program cannot choose a port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const reached = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
    });
    socket.destroy();
    if (reached) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}
