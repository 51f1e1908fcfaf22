import { GanzhiError } from '@ganzhi/schemas';
import { type Check, serveHealth } from '@ganzhi/schemas/health';
import type { Logger } from 'pino';
import type { Waiting } from './care/enrol.ts';
import { type CaredGateway, createCaredGateway } from './care/gateway.ts';
import { isInstallConfig, parseInstallConfig } from './care/install.ts';
import { type Clock, systemClock } from './clock/index.ts';
import { parseGatewayConfig } from './config.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createMetrics } from './metrics.ts';

export interface StartGatewaysOptions {
  /** As read from files, of gateways by themselves and of gateways that are cared for; checked whole before anything opens. */
  configs: readonly unknown[];
  host: string;
  httpPort: number;
  logger: Logger;
  clock?: Clock;
  /** More JSON pages on the health port. */
  pages?: Record<string, () => unknown>;
  /** Told what a gateway waits for that is not let in yet. */
  onWaiting?: (waiting: Waiting) => void;
}

export interface RunningGateways {
  gateways: readonly Gateway[];
  cared: readonly CaredGateway[];
  httpPort: number;
  stop(): Promise<void>;
}

/**
 * Runs one or many gateways in this process, with `/livez`, `/readyz`, `/metrics`, and `/gateways`: what waits in each, and when it will be gone.
 *
 * @throws GanzhiError `config-invalid`, `port-taken`; nothing is left running then
 */
export async function startGateways(options: StartGatewaysOptions): Promise<RunningGateways> {
  const { clock = systemClock, logger, host, httpPort, pages = {} } = options;
  const configs = options.configs.filter((config) => !isInstallConfig(config)).map(parseGatewayConfig);
  const installs = options.configs.filter(isInstallConfig).map(parseInstallConfig);
  const metrics = createMetrics(() => clock.now());
  const gateways = configs.map((config) => createGateway({ config, clock, logger, metrics }));
  const { onWaiting } = options;
  const cared = installs.map((install) =>
    createCaredGateway({ install, clock, logger, metrics, ...(onWaiting ? { onWaiting } : {}) }),
  );
  const checks = () => [...gateways.map(brokerCheck), ...cared.map(careCheck)];
  const http = await serveHealth({
    host,
    port: httpPort,
    setting: 'GANZHI_GATEWAY_HTTP_PORT',
    checks,
    metrics: () => metrics.registry.metrics(),
    pages: {
      '/gateways': () =>
        [...gateways, ...cared.map((gateway) => gateway.runner()?.gateway())].flatMap(
          (gateway) => gateway?.status() ?? [],
        ),
      ...pages,
    },
  });
  const stop = async () => {
    await Promise.all([...gateways, ...cared].map((gateway) => gateway.stop()));
    await http.stop();
  };
  try {
    await Promise.all([...gateways, ...cared].map((gateway) => gateway.start()));
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { gateways, cared, httpPort: http.port, stop };
}

const brokerCheck = (gateway: Gateway): Check => ({
  name: `${gateway.code}: broker`,
  run: async () => {
    if (!gateway.isConnected()) throw new GanzhiError('unavailable', 'not connected');
  },
});

const careCheck = (gateway: CaredGateway): Check => ({
  name: `${gateway.code() ?? gateway.serial}: broker`,
  run: async () => {
    const waiting = gateway.waiting();
    if (waiting) throw new GanzhiError('unavailable', `waits for ${waiting.for}`);
    if (!gateway.isConnected()) throw new GanzhiError('unavailable', 'not connected');
  },
});
