import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Waiting } from '@ganzhi/gateway-firmware-sim/firmware';
import { GanzhiError, loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions, text, UsageError } from '../command.ts';
import { createLogger, serveUntilStopped } from '../process.ts';

export const gateway: Command = {
  name: 'gateway',
  about:
    'Run one or many gateways of configuration files: read meters, keep readings on disk, publish MQTT. A file with careUrl enrols.',
  options: {
    config: { type: 'string', value: 'PATH', about: 'A JSON file, or a folder of *.json files, one per gateway.' },
  },
  async run(argv) {
    const path = text(parseOptions(this.options, argv), 'config');
    if (!path) throw new UsageError('--config PATH is missing.');
    const config = loadConfig(['HOST', 'LOG_LEVEL', 'GANZHI_DATA_DIR', 'GANZHI_MQTT_URL', 'GANZHI_GATEWAY_HTTP_PORT']);
    const configs = configFiles(path).map((file) => readConfig(file, config));
    const { startGateways } = await import('@ganzhi/gateway-firmware-sim/firmware');
    const logger = createLogger('gateway', config.LOG_LEVEL);
    const running = await startGateways({
      configs,
      host: config.HOST,
      httpPort: config.GANZHI_GATEWAY_HTTP_PORT,
      logger,
      onWaiting: sayOnChange((line) => process.stderr.write(`${line}\n`)),
    });
    serveUntilStopped(logger, () => running.stop(), { httpPort: running.httpPort });
  },
};

/** A person beside the gateway reads this: what it waits for, in both languages, once each time it changes. */
function sayOnChange(say: (line: string) => void): (waiting: Waiting) => void {
  const said = new Map<string, string>();
  return (waiting) => {
    const line = sentenceOf(waiting);
    if (said.get(waiting.serial) === line) return;
    said.set(waiting.serial, line);
    say(line);
  };
}

function sentenceOf(waiting: Waiting): string {
  switch (waiting.for) {
    case 'approval':
      return `${waiting.serial}：等待平台批准接入，指纹 ${waiting.fingerprint} / waits for approval, fingerprint ${waiting.fingerprint}`;
    case 'server':
      return `${waiting.serial}：等待服务器 / waits for the server: ${waiting.reason}`;
    case 'nothing':
      return `${waiting.serial}：接入申请被拒绝 / enrolment refused: ${waiting.reason}`;
  }
}

function configFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path).filter((name) => name.endsWith('.json'));
    if (files.length > 0) return files.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new GanzhiError('config-invalid', `--config ${path} cannot be read. Name a JSON file or a folder of them.`, {
      cause,
    });
  }
  throw new GanzhiError('config-invalid', `--config ${path} holds no *.json file.`);
}

/** Broker and folder come from the environment where the file does not name them. */
function readConfig(file: string, fallback: { GANZHI_MQTT_URL: string; GANZHI_DATA_DIR: string }): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new GanzhiError('config-invalid', `${file} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null) return parsed;
  const code = 'code' in parsed ? String(parsed.code) : 'serial' in parsed ? String(parsed.serial) : 'gateway';
  return { mqttUrl: fallback.GANZHI_MQTT_URL, dataDir: join(fallback.GANZHI_DATA_DIR, 'gateways', code), ...parsed };
}
