import pino from 'pino';
import { startApi } from '../src/server.ts';

/** The service as a process of its own, so that its memory and processor time are its own: prints its address. */
const service = await startApi({
  databaseUrl: process.env.DATABASE_URL ?? '',
  host: '127.0.0.1',
  port: 0,
  mode: 'demo',
  logger: pino({ level: 'warn' }, pino.destination(2)),
});
process.send?.({ url: service.url });
process.once('disconnect', () => {
  void service.stop();
});
process.on('message', () => {
  process.send?.({ rssMb: process.memoryUsage().rss / 2 ** 20, cpuSeconds: process.cpuUsage().user / 1e6 });
});
