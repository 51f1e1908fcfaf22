import { startEmbedded } from '../embedded.ts';

/** A process that launches the embedded database and then waits: for tests that kill it. */
const database = await startEmbedded({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ pid: database.pid, url: database.adminUrl })}\n`);
await database.ended;
