/** Ingest in a process of its own, as in production. Told the database (and whether to open its HTTP door), tells its ports, stops on request. */
import { pino } from 'pino';
import { startIngest } from '../src/index.ts';

const ingest = await startIngest({
  databaseUrl: process.argv[2] ?? '',
  mqttHost: '127.0.0.1',
  mqttPort: 0,
  httpHost: '127.0.0.1',
  httpPort: 0,
  ...(process.argv[3] === 'http' ? { doorPort: 0 } : {}),
  mode: 'demo',
  batchMs: 25,
  batchRows: 10_000,
  logger: pino({ level: 'warn' }, pino.destination(2)),
});
process.once('message', () => void ingest.stop().then(() => process.exit()));
// whoever started us is gone
process.once('disconnect', () => process.exit());
process.send?.({ mqttPort: ingest.mqttPort, httpPort: ingest.httpPort, doorPort: ingest.doorPort });
