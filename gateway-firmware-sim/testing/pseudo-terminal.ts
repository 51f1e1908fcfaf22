import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { OnBytes } from './line-server.ts';

/** Opens a pseudo-terminal, prints the name of its far end, and then passes bytes between it and standard input/output. */
const BRIDGE = `
import os, pty, select, sys, tty
master, slave = pty.openpty()
tty.setraw(master); tty.setraw(slave)
sys.stdout.buffer.write((os.ttyname(slave) + "\\n").encode()); sys.stdout.buffer.flush()
while True:
    for ready in select.select([master, 0], [], [])[0]:
        data = os.read(ready, 4096)
        if not data: sys.exit(0)
        os.write(1 if ready == master else master, data)
`;

/** Node cannot make a pseudo-terminal; python3, where it is installed, can. */
export const hasPseudoTerminals = (): boolean => spawnSync('python3', ['-c', 'import pty']).status === 0;

/** A serial port without hardware, with slaves at its far end. */
export async function startPseudoTerminal(onBytes: OnBytes): Promise<{ path: string; stop(): Promise<void> }> {
  const child = spawn('python3', ['-u', '-c', BRIDGE], { stdio: ['pipe', 'pipe', 'inherit'] });
  const path = await firstLine(child);
  child.stdout.on('data', (chunk: Buffer) => onBytes(chunk, (bytes) => void child.stdin.write(bytes)));
  return {
    path,
    async stop() {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('The bridge has no output');
  const [chunk] = (await once(stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}
