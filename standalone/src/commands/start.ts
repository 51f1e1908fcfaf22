import { loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions, wholeNumber } from '../command.ts';

export const start: Command = {
  name: 'start',
  about: 'Run everything on this machine: database, ingest, analytics, API, page, and a simulated city.',
  options: {
    sites: { type: 'string', value: 'N', about: 'Institutions metered live through sockets, 0 to 200 (default 24).' },
    'history-days': {
      type: 'string',
      value: 'N',
      about: 'Days of history sent at the first start, 0 to 400 (default 30).',
    },
    seed: { type: 'string', value: 'N', about: 'Seed of the simulated city (default 20261123).' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const config = loadConfig([
      'DATABASE_URL',
      'HOST',
      'PORT',
      'GANZHI_DATA_DIR',
      'GANZHI_MODE',
      'GANZHI_MQTT_HOST',
      'GANZHI_MQTT_PORT',
    ]);
    const { Standalone } = await import('../supervisor/standalone.ts');
    const { CITY_SEED } = await import('../city/seed.ts');
    const { default: closeWithGrace } = await import('close-with-grace');
    const system = new Standalone({
      host: config.HOST,
      port: config.PORT,
      mqttHost: config.GANZHI_MQTT_HOST ?? config.HOST,
      mqttPort: config.GANZHI_MQTT_PORT,
      dataDir: config.GANZHI_DATA_DIR,
      databaseUrl: config.DATABASE_URL,
      sites: wholeNumber(values, 'sites', { min: 0, max: 200, fallback: 24 }),
      historyDays: wholeNumber(values, 'history-days', { min: 0, max: 400, fallback: 30 }),
      seed: wholeNumber(values, 'seed', { min: 0, max: 2 ** 31, fallback: CITY_SEED }),
      say: (line) => process.stdout.write(`${line}\n`),
    });
    closeWithGrace({ delay: 60_000, logger: false }, async ({ err }) => {
      if (err) process.stderr.write(`ganzhi: stopping after an unexpected failure\n${err.stack}\n`);
      await system.stop();
    });
    await system.start();
  },
};
