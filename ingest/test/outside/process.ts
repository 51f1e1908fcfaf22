/** One ingest process for tests that kill it: options as JSON in the first argument, "ready" on standard output. */
import { pino } from 'pino';
import { type IngestOptions, startIngest } from '../../src/index.ts';

const [, , text = '{}'] = process.argv;
const { now, ...options } = JSON.parse(text) as Omit<IngestOptions, 'logger' | 'clock'> & { now: number };
const ingest = await startIngest({ ...options, clock: { now: () => now }, logger: pino({ level: 'silent' }) });
process.stdout.write(`${JSON.stringify({ httpPort: ingest.httpPort })}\n`);
