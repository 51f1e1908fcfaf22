import { loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';
import { start } from './start.ts';

/** Polling of the simulated gateways; the server expects a value every 15 minutes. */
const POLL_EVERY_MS = 60_000;

export const simulate: Command = {
  name: 'simulate',
  about: 'Run a simulated city: meters on real sockets, the gateways that read them, and their first history.',
  options: start.options,
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const sites = wholeNumber(values, 'sites', { min: 0, max: 200, fallback: 24 });
    const historyDays = wholeNumber(values, 'history-days', { min: 0, max: 400, fallback: 30 });
    const config = loadConfig([
      'DATABASE_URL',
      'GANZHI_DATA_DIR',
      'HOST',
      'LOG_LEVEL',
      'GANZHI_MQTT_URL',
      'GANZHI_GATEWAY_HTTP_PORT',
    ]);
    const { CITY_SEED, registerCity } = await import('../city/seed.ts');
    const { startCity } = await import('@ganzhi/gateway-firmware-sim/city');
    const seed = wholeNumber(values, 'seed', { min: 0, max: 2 ** 31, fallback: CITY_SEED });
    const logger = createLogger('simulate', config.LOG_LEVEL);
    const url = findDatabase(config).urlFor('ganzhi_owner');
    const { population, tokens, epochMs } = await registerCity({ url, dataDir: config.GANZHI_DATA_DIR, seed, sites });
    const city = await startCity({
      population,
      tokens,
      mqttUrl: config.GANZHI_MQTT_URL,
      dataDir: config.GANZHI_DATA_DIR,
      seed,
      epochMs,
      historyDays,
      intervalMs: POLL_EVERY_MS,
      host: config.HOST,
      httpPort: config.GANZHI_GATEWAY_HTTP_PORT,
      logger,
    });
    serveUntilStopped(logger, () => city.stop(), { httpPort: city.httpPort });
  },
};
