import { type Config, GanzhiError, loadConfig } from '@ganzhi/schemas';
import { type Command, parseOptions } from '../command.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';

export const ingest: Command = {
  name: 'ingest',
  about: 'Run the doors (MQTT, HTTP, collectors) and the pipeline to the database.',
  options: {},
  async run(argv) {
    parseOptions(this.options, argv);
    const config = loadConfig([
      'DATABASE_URL',
      'GANZHI_DATA_DIR',
      'HOST',
      'LOG_LEVEL',
      'GANZHI_MODE',
      'GANZHI_MQTT_HOST',
      'GANZHI_MQTT_PORT',
      'GANZHI_MQTT_TLS_PORT',
      'GANZHI_MQTT_TLS_KEY',
      'GANZHI_MQTT_TLS_CERT',
      'GANZHI_BROKER',
      'GANZHI_BROKER_USER',
      'GANZHI_BROKER_PASSWORD',
      'GANZHI_INGEST_HTTP_PORT',
      'GANZHI_INGEST_PORT',
      'GANZHI_COLLECTORS',
      'GANZHI_INGEST_BATCH_MS',
      'GANZHI_INGEST_BATCH_ROWS',
    ]);
    const { parseCollectorProfiles, startIngest } = await import('@ganzhi/ingest');
    const collectors = config.GANZHI_COLLECTORS === undefined ? [] : parseCollectorProfiles(config.GANZHI_COLLECTORS);
    const logger = createLogger('ingest', config.LOG_LEVEL);
    const service = await startIngest({
      databaseUrl: findDatabase(config).urlFor('ganzhi_ingest'),
      mqttHost: config.GANZHI_MQTT_HOST ?? config.HOST,
      mqttPort: config.GANZHI_MQTT_PORT,
      httpHost: config.HOST,
      httpPort: config.GANZHI_INGEST_HTTP_PORT,
      ...(config.GANZHI_BROKER === 'embedded' ? {} : { broker: outsideBroker(config.GANZHI_BROKER, config) }),
      ...tlsListener(config),
      doorHost: config.GANZHI_MQTT_HOST ?? config.HOST,
      ...(config.GANZHI_INGEST_PORT === undefined ? {} : { doorPort: config.GANZHI_INGEST_PORT }),
      collectors,
      mode: config.GANZHI_MODE,
      batchMs: config.GANZHI_INGEST_BATCH_MS,
      batchRows: config.GANZHI_INGEST_BATCH_ROWS,
      logger,
    });
    const { mqttPort, mqttTlsPort, httpPort, doorPort, collectorPorts } = service;
    serveUntilStopped(logger, () => service.stop(), { mqttPort, mqttTlsPort, httpPort, doorPort, collectorPorts });
  },
};

/** @throws GanzhiError `config-invalid` for a port without its key or certificate */
function tlsListener(config: TlsSettings): { mqttTls?: { port: number; key: string; cert: string } } {
  const { GANZHI_MQTT_TLS_PORT: port, GANZHI_MQTT_TLS_KEY: key, GANZHI_MQTT_TLS_CERT: cert } = config;
  if (port === undefined) return {};
  if (key && cert) return { mqttTls: { port, key, cert } };
  throw new GanzhiError(
    'config-invalid',
    'GANZHI_MQTT_TLS_PORT needs GANZHI_MQTT_TLS_KEY_FILE and GANZHI_MQTT_TLS_CERT_FILE: name both, or leave the port unset.',
  );
}

type TlsSettings = Config<'GANZHI_MQTT_TLS_PORT' | 'GANZHI_MQTT_TLS_KEY' | 'GANZHI_MQTT_TLS_CERT'>;

function outsideBroker(
  url: string,
  { GANZHI_BROKER_USER: username, GANZHI_BROKER_PASSWORD: password }: BrokerLogin,
): { url: string; username?: string; password?: string } {
  return { url, ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

type BrokerLogin = Config<'GANZHI_BROKER_USER' | 'GANZHI_BROKER_PASSWORD'>;
