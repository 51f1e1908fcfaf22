import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayConfigInput } from '../../firmware/index.ts';
import { type Child, start } from './process.ts';

const ENTRY = fileURLToPath(new URL('../../../standalone/bin/ganzhi.mjs', import.meta.url));
/** What a gateway of 256 MB is started with; README "Memory". */
export const NODE_FLAGS = ['--max-semi-space-size=2', '--optimize-for-size'];

export interface GatewayProcess extends Child {
  /** Value of a metric, labels summed. */
  metric(name: string): Promise<number>;
}

interface Ready {
  info: { httpPort: number };
}

export interface Folder {
  path: string;
  remove(): void;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A gateway's first start compiles what later starts find on disk; memory and time are those of a later one. */
export async function warmUp(): Promise<void> {
  const data = folder();
  const mqttUrl = 'mqtt://127.0.0.1:9';
  const gateway = await startGateway({ code: 'GW-WARM', token: 'x', mqttUrl, dataDir: data.path, meters: [] }, 0);
  await gateway.stop();
  data.remove();
}

/** `ganzhi gateway` as an operator runs it, bound to one core. */
export async function startGateway(config: GatewayConfigInput, core: number): Promise<GatewayProcess> {
  const file = join(config.dataDir, 'gateway.json');
  writeFileSync(file, JSON.stringify(config));
  const child = start(
    'taskset',
    ['-c', String(core), process.execPath, ...NODE_FLAGS, ENTRY, 'gateway', '--config', file],
    { GANZHI_GATEWAY_HTTP_PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info' },
  );
  const { info } = JSON.parse(await child.line((line) => line.includes('"kind":"ready"'))) as Ready;
  return {
    ...child,
    async metric(name) {
      const body = await (await fetch(`http://127.0.0.1:${info.httpPort}/metrics`)).text();
      const values = body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}
