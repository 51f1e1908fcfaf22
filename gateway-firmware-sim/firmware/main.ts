import { GanzhiError } from '@ganzhi/schemas';
import { type Check, serveHealth } from '@ganzhi/schemas/health';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock/index.ts';
import { parseGatewayConfig } from './config.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createMetrics } from './metrics.ts';

export interface StartGatewaysOptions {
  /** As read from files; checked whole before anything opens. */
  configs: readonly unknown[];
  host: string;
  httpPort: number;
  logger: Logger;
  clock?: Clock;
  /** More JSON pages on the health port. */
  pages?: Record<string, () => unknown>;
}

export interface RunningGateways {
  gateways: readonly Gateway[];
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
  const configs = options.configs.map(parseGatewayConfig);
  const metrics = createMetrics(() => clock.now());
  const gateways = configs.map((config) => createGateway({ config, clock, logger, metrics }));
  const checks = () => gateways.map(brokerCheck);
  const http = await serveHealth({
    host,
    port: httpPort,
    setting: 'GANZHI_GATEWAY_HTTP_PORT',
    checks,
    metrics: () => metrics.registry.metrics(),
    pages: { '/gateways': () => gateways.flatMap((gateway) => gateway.status() ?? []), ...pages },
  });
  const stop = async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await http.stop();
  };
  try {
    await Promise.all(gateways.map((gateway) => gateway.start()));
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { gateways, httpPort: http.port, stop };
}

const brokerCheck = (gateway: Gateway): Check => ({
  name: `${gateway.code}: broker`,
  run: async () => {
    if (!gateway.isConnected()) throw new GanzhiError('unavailable', 'not connected');
  },
});
