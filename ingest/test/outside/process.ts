/**
 * One ingest process for tests that kill it: options as JSON in the first argument, its ports on standard
 * output when it is ready. `now` stops its clock.
 */
import { pino } from 'pino';
import { type IngestOptions, startIngest } from '../../src/index.ts';

const [, , text = '{}'] = process.argv;
const { now, ...options } = JSON.parse(text) as Omit<IngestOptions, 'logger' | 'clock'> & { now?: number };
const clock = now === undefined ? {} : { clock: { now: () => now } };
const ingest = await startIngest({ ...options, ...clock, logger: pino({ level: 'silent' }) });
const { httpPort, mqttPort, doorPort, collectorPorts } = ingest;
process.stdout.write(`${JSON.stringify({ httpPort, mqttPort, doorPort, collectorPorts })}\n`);
