import { z } from 'zod';

/** Every environment variable the project reads: shape, default, what it is for, and what to write when it is wrong. */
const setting = <T extends z.ZodType>(shape: T, about: string, remedy: string, fallback?: string) => ({
  shape,
  about,
  remedy,
  fallback,
});

/** Digits only: Number() would read a blank as 0 and 0x50 as 80. */
const digits = (min: number, max: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max));
const whole = (min: number, max: number, fallback: number) => digits(min, max).default(fallback);
const port = (fallback: number) => whole(0, 65_535, fallback);

const loginPassword = (login: string) =>
  setting(
    z.string().min(12).optional(),
    `Password that "ganzhi migrate" gives to the database log-in ${login}. Unset: left alone.`,
    'write at least 12 characters, or leave it unset',
  );

export const SETTINGS = {
  DATABASE_URL: setting(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//)
      .optional(),
    'PostgreSQL to use. Unset: the embedded database in GANZHI_DATA_DIR.',
    'write postgres://user:password@host:5432/database, or leave it unset for the embedded database',
  ),
  GANZHI_INGEST_PASSWORD: loginPassword('ganzhi_ingest'),
  GANZHI_ANALYTICS_PASSWORD: loginPassword('ganzhi_analytics'),
  GANZHI_API_PASSWORD: loginPassword('ganzhi_api'),
  GANZHI_GRAFANA_PASSWORD: loginPassword('ganzhi_grafana, which reads the views of dash'),
  HOST: setting(z.string().default('127.0.0.1'), 'Address the services listen on.', 'write an IP address', '127.0.0.1'),
  PORT: setting(port(8080), 'Page, API, health and metrics.', 'write a port number from 0 to 65535', '8080'),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'Log level of all services (JSON lines on standard error).',
    'write one of trace, debug, info, warn, error, fatal, silent',
    'info',
  ),
  GANZHI_MODE: setting(
    z.enum(['demo', 'production']).default('demo'),
    'production refuses gateways with simulated time and sets Secure on cookies.',
    'write demo or production',
    'demo',
  ),
  GANZHI_SMTP_URL: setting(
    z
      .string()
      .regex(/^smtps?:\/\//)
      .optional(),
    'Mail server for messages to users, best given as GANZHI_SMTP_URL_FILE. Unset: nobody is told by mail.',
    'write smtp://user:password@host:587 or smtps://user:password@host:465',
  ),
  GANZHI_MAIL_FROM: setting(
    z
      .string()
      .regex(/^[^@\s]+@[^@\s]+$/)
      .default('ganzhi@localhost.localdomain'),
    'Sender of those mails.',
    'write an e-mail address',
    'ganzhi@localhost.localdomain',
  ),
  GANZHI_WEBHOOK_HOSTS: setting(
    z.string().optional(),
    "Hosts (host or host:port, by comma) that users' webhooks may go to. Unset: none.",
    'write oa.example.org,10.0.0.8:8443',
  ),
  GANZHI_TEMPERATURE_FEED: setting(
    z
      .string()
      .regex(/^https?:\/\//)
      .optional(),
    'Address of a weather service that answers hourly temperatures as JSON; {from} and {to} stand for days. Unset: none is pulled.',
    'write https://weather.example.org/hours?from={from}&to={to}',
  ),
  GANZHI_TEMPERATURE_HOSTS: setting(
    z.string().optional(),
    'Hosts (host or host:port, by comma) that this address may be on.',
    'write weather.example.org',
  ),
  GANZHI_TEMPERATURE_TOKEN: setting(
    z.string().optional(),
    'Bearer token for that service, best given as GANZHI_TEMPERATURE_TOKEN_FILE.',
    'write the token, or leave it unset',
  ),
  GANZHI_TEMPERATURE_STATION: setting(
    z.string().default('58343'),
    'Weather station that the temperatures are of (58343: Changzhou).',
    'write the code of a weather station on file',
    '58343',
  ),
  GANZHI_PUBLIC_URL: setting(
    z
      .string()
      .regex(/^https?:\/\//)
      .optional(),
    "Address under which browsers find the page; needed for the organisation's own log-in.",
    'write https://energy.example.org',
  ),
  GANZHI_OIDC_ISSUER: setting(
    z
      .string()
      .regex(/^https?:\/\//)
      .optional(),
    "The organisation's own log-in (OpenID Connect): its issuer. Unset: passwords only.",
    'write https://login.example.org/realms/city, or leave it unset',
  ),
  GANZHI_OIDC_CLIENT_ID: setting(z.string().min(1).optional(), 'Client id there.', 'write the client id'),
  GANZHI_OIDC_CLIENT_SECRET: setting(
    z.string().min(8).optional(),
    'Client secret there, best given as GANZHI_OIDC_CLIENT_SECRET_FILE.',
    'write the client secret, or name its file in GANZHI_OIDC_CLIENT_SECRET_FILE',
  ),
  GANZHI_OIDC_CREATE_USERS: setting(
    z.enum(['true', 'false']).default('false'),
    'true: whoever logs in there and is not known becomes a user without any right.',
    'write true or false',
    'false',
  ),
  GANZHI_DATA_DIR: setting(z.string().default('./data'), 'Database, outboxes, keys.', 'write a folder path', './data'),
  GANZHI_MQTT_HOST: setting(
    z.string().optional(),
    'Address of the embedded broker; unset: HOST.',
    'write an IP address',
  ),
  GANZHI_MQTT_PORT: setting(port(1883), 'Port of the embedded broker.', 'write a port number from 0 to 65535', '1883'),
  GANZHI_MQTT_TLS_PORT: setting(
    digits(0, 65_535).optional(),
    'Port of the embedded broker with TLS, where gateways may present a client certificate. Unset: none.',
    'write a port number from 0 to 65535, or leave it unset',
  ),
  GANZHI_MQTT_TLS_KEY: setting(
    z.string().optional(),
    'Private key (PEM) of that port; GANZHI_MQTT_TLS_KEY_FILE names a file that holds it.',
    'write a PEM key, or name its file in GANZHI_MQTT_TLS_KEY_FILE',
  ),
  GANZHI_MQTT_TLS_CERT: setting(
    z.string().optional(),
    'Certificate (PEM, with its chain) of that port; GANZHI_MQTT_TLS_CERT_FILE names a file that holds it.',
    'write a PEM certificate, or name its file in GANZHI_MQTT_TLS_CERT_FILE',
  ),
  GANZHI_BROKER: setting(
    z.union([z.literal('embedded'), z.string().regex(/^mqtts?:\/\//)]).default('embedded'),
    'Broker that ingest takes readings from: its own, or one outside (Mosquitto, EMQX) that several ingest processes may share.',
    'write embedded, mqtt://host:port or mqtts://host:port',
    'embedded',
  ),
  GANZHI_BROKER_USER: setting(
    z.string().optional(),
    'User name of ingest at an outside broker.',
    'write a user name, or leave it unset',
  ),
  GANZHI_BROKER_PASSWORD: setting(
    z.string().optional(),
    'Password of ingest at an outside broker.',
    'write a password, or leave it unset',
  ),
  GANZHI_MQTT_URL: setting(
    z
      .string()
      .regex(/^mqtts?:\/\//)
      .default('mqtt://127.0.0.1:1883'),
    'Broker that gateways connect to.',
    'write mqtt://host:port or mqtts://host:port',
    'mqtt://127.0.0.1:1883',
  ),
  GANZHI_INGEST_HTTP_PORT: setting(port(9102), 'Health and metrics of ingest.', 'write a port number', '9102'),
  GANZHI_INGEST_PORT: setting(
    digits(0, 65_535).optional(),
    'Port of POST /api/v1/ingest/readings, for gateways that speak HTTP. Unset: that door stays shut.',
    'write a port number from 0 to 65535, or leave it unset',
  ),
  GANZHI_COLLECTORS: setting(
    z.string().min(2).optional(),
    "Doors for collectors that speak the ministry's XML over TCP: a JSON list of profiles with their keys (ingest/README.md), best given as GANZHI_COLLECTORS_FILE. Unset: those doors stay shut.",
    'write a JSON list of profiles, or leave it unset',
  ),
  GANZHI_ANALYTICS_HTTP_PORT: setting(port(9103), 'Health and metrics of analytics.', 'write a port number', '9103'),
  GANZHI_GATEWAY_HTTP_PORT: setting(port(9101), 'Health and metrics of gateways.', 'write a port number', '9101'),
  GANZHI_INGEST_BATCH_MS: setting(
    whole(1, 5_000, 25),
    'Longest wait of a message before its batch is committed, milliseconds.',
    'write a whole number from 1 to 5000',
    '25',
  ),
  GANZHI_INGEST_BATCH_ROWS: setting(
    whole(100, 100_000, 10_000),
    'Readings that make a batch full.',
    'write a whole number from 100 to 100000',
    '10000',
  ),
  GANZHI_ANALYTICS_TICK_MS: setting(
    whole(50, 600_000, 2_000),
    'Pause between two looks for changed hours, milliseconds.',
    'write a whole number from 50 to 600000',
    '2000',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
