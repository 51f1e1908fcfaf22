import { existsSync } from 'node:fs';
import { loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions } from '../command.ts';
import { consoleBundle } from '../console.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';

export const api: Command = {
  name: 'api',
  about: 'Run the HTTP API and the built-in page.',
  options: {},
  async run(argv) {
    parseOptions(this.options, argv);
    const { FEED_SETTINGS, feedSettings, hostList, OIDC_SETTINGS, oidcSettings, startApi } = await import(
      '@ganzhi/api'
    );
    const config = loadConfig([
      'DATABASE_URL',
      'GANZHI_DATA_DIR',
      'HOST',
      'PORT',
      'LOG_LEVEL',
      'GANZHI_MODE',
      'GANZHI_SMTP_URL',
      'GANZHI_MAIL_FROM',
      'GANZHI_WEBHOOK_HOSTS',
      ...FEED_SETTINGS,
      ...OIDC_SETTINGS,
    ]);
    const temperatureFeed = feedSettings(config);
    const logger = createLogger('api', config.LOG_LEVEL);
    const service = await startApi({
      databaseUrl: findDatabase(config).urlFor('ganzhi_api'),
      host: config.HOST,
      port: config.PORT,
      mode: config.GANZHI_MODE,
      ...(config.GANZHI_SMTP_URL ? { mail: { url: config.GANZHI_SMTP_URL, from: config.GANZHI_MAIL_FROM } } : {}),
      webhookHosts: hostList(config.GANZHI_WEBHOOK_HOSTS),
      ...(temperatureFeed ? { temperatureFeed } : {}),
      ...(existsSync(consoleBundle()) ? { consoleDir: consoleBundle() } : {}),
      oidc: oidcSettings(config),
      logger,
    });
    const { initialAdministrator, url, port } = service;
    if (initialAdministrator && !process.send) {
      // Shown once and nowhere kept: the database holds only the hash.
      process.stdout.write(
        `First start: user "${initialAdministrator.login}", password "${initialAdministrator.password}"\n`,
      );
    }
    serveUntilStopped(logger, () => service.stop(), { url, port, initialAdministrator });
  },
};
