import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  /** kill -9: what was in its memory is gone. */
  kill(): Promise<void>;
  /** On the same port again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Mosquitto for anybody on the loopback; rights and passwords are ingest's matter and tested there. */
export async function startMosquitto(program: string): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-mosquitto-'));
  chmodSync(folder, 0o755); // started as root it becomes another user before it reads its files
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', 'log_dest none'];
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
    kill: () => end('SIGKILL'),
    restart: launch,
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
