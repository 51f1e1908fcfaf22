import { loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions } from '../command.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';

export const analytics: Command = {
  name: 'analytics',
  about: 'Keep the ledger up to date: hours, spans and days from registers.',
  options: {},
  async run(argv) {
    parseOptions(this.options, argv);
    const config = loadConfig([
      'DATABASE_URL',
      'GANZHI_DATA_DIR',
      'HOST',
      'LOG_LEVEL',
      'GANZHI_ANALYTICS_HTTP_PORT',
      'GANZHI_ANALYTICS_TICK_MS',
    ]);
    const { startAnalytics } = await import('@ganzhi/analytics');
    const logger = createLogger('analytics', config.LOG_LEVEL);
    const service = await startAnalytics({
      databaseUrl: findDatabase(config).urlFor('ganzhi_analytics'),
      httpHost: config.HOST,
      httpPort: config.GANZHI_ANALYTICS_HTTP_PORT,
      tickMs: config.GANZHI_ANALYTICS_TICK_MS,
      logger,
    });
    serveUntilStopped(logger, () => service.stop(), { httpPort: service.httpPort });
  },
};
