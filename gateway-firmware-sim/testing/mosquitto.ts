import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Debian's package puts it where an ordinary user's PATH may not look. */
const PROGRAMS = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto', 'mosquitto'];
const STARTS_WITHIN_MS = 10_000;

/** The program, or undefined when this machine has none. */
export const findMosquitto = (): string | undefined =>
  PROGRAMS.find((program) => {
    try {
      execFileSync(program, ['-h'], { stdio: 'ignore' });
      return true;
    } catch (error) {
      return (error as { status?: number }).status === 3; // its answer to -h
    }
  });

export interface Mosquitto {
  readonly url: string;
  /** Lets another user in, as an operator does: a line of the password file, and SIGHUP. Only with `rights`. */
  admit(user: string, password: string): void;
  /** kill -9: what was in its memory is gone. */
  kill(): Promise<void>;
  /** On the same port again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Who may come in, and the lines of the file of rights (`acl_file`). */
export interface MosquittoAccess {
  users: Readonly<Record<string, string>>;
  rights: readonly string[];
}

/** A real Mosquitto on the loopback: for anybody, or with passwords and rights. */
export async function startMosquitto(program: string, access?: MosquittoAccess): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-mosquitto-'));
  chmodSync(folder, 0o755); // started as root it becomes another user before it reads its files
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  const [passwords, rights] = [join(folder, 'passwords'), join(folder, 'rights')];
  const lines = [`listener ${port} 127.0.0.1`, 'persistence false', 'log_dest none'];
  if (access) {
    for (const [user, password] of Object.entries(access.users)) appendFileSync(passwords, entry(user, password));
    writeFileSync(rights, `${access.rights.join('\n')}\n`);
    lines.push('allow_anonymous false', `password_file ${passwords}`, `acl_file ${rights}`);
  } else lines.push('allow_anonymous true');
  writeFileSync(config, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;
  const launch = async () => {
    child = spawn(program, ['-c', config], { stdio: 'ignore' });
    await accepts(port);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  await launch();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    admit(user, password) {
      appendFileSync(passwords, entry(user, password));
      child?.kill('SIGHUP');
    },
    kill: () => end('SIGKILL'),
    restart: launch,
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A line of Mosquitto's password file: PBKDF2 with SHA-512; few rounds, because tests connect often. */
function entry(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 10, 64, 'sha512');
  return `${user}:$7$10$${salt.toString('base64')}$${hash.toString('base64')}\n`;
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
  const patience = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < patience) {
    const socket = connect(port, '127.0.0.1');
    const reached = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
    });
    socket.destroy();
    if (reached) return;
    await delay(20);
  }
  throw new Error(`Mosquitto does not listen on port ${port}`);
}
