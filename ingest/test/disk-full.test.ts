import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedDatabase, migrate, openDatabase } from '@ganzhi/schemas/db';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { family } from '../bench/proc.ts';
import { KeptDatabase } from '../chaos/kept.ts';
import { startIngest } from '../src/index.ts';
import { until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

const MB = 2 ** 20;
const READINGS = 1_000;
const START = Date.UTC(2026, 0, 1);
/** Rows that are there before: the table is larger than the log, so a limit can meet the one and spare the other. */
const BEFORE = 320_000;

interface Full {
  /** From now on the database cannot write much more. */
  fill(database: EmbeddedDatabase): Promise<void> | void;
  free(database: EmbeddedDatabase): void;
}

/** Batches that are acknowledged before, and batches that wait while the disk is full, are there in the end, each once. */
async function surviveFullDisk(folder: string, { fill, free }: Full): Promise<void> {
  const database = await KeptDatabase.start(folder);
  onTestFinished(() => database.stop());
  const { adminUrl } = database.running;
  await migrate(adminUrl);
  const owner = await openDatabase({ url: adminUrl, role: 'ganzhi_owner' });
  await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-FULL' }] });
  await owner.query("select metering.ensure_partition('metering.reading', '2026-01-15Z')");
  await owner.query(
    `insert into metering.reading select m.id, 1, 0, '2026-01-01Z'::timestamptz + k * interval '1 second', k, 0
     from registry.meter m, generate_series(1, $1) k where m.code = 'M-FULL'`,
    [BEFORE],
  );
  await owner.query('checkpoint').catch(() => undefined);
  await owner.end();
  const ingest = await startIngest({
    databaseUrl: database.running.urlFor('ganzhi_ingest'),
    mqttHost: '127.0.0.1',
    mqttPort: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    mode: 'demo',
    batchMs: 5,
    batchRows: 10_000,
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => ingest.stop());
  const gateway = await Publisher.connect(ingest.mqttPort, 'GW-0001');
  onTestFinished(() => gateway.close());
  const refusals = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
    return Number(/ganzhi_ingest_write_retries_total (\d+)/.exec(text)?.[1]);
  };
  let made = 0;
  const sending: Promise<void>[] = [];
  const send = (): Promise<void> => {
    const first = made * READINGS;
    made += 1;
    const readings = Array.from({ length: READINGS }, (_, i) => ({
      m: 'M-1',
      p: 'energy.import',
      t: START + (first + i) * 1_000,
      x: first + i,
    }));
    const sent = gateway.send(batchOf(readings));
    sending.push(sent);
    return sent;
  };
  await send();
  await fill(database.running);
  const before = await refusals();
  while ((await refusals()) < before + 2 && made < 2_000) {
    // waits for the answer as a gateway does; while the disk is full there is none
    await Promise.race([send(), new Promise((done) => setTimeout(done, 100))]);
  }
  expect(await refusals(), 'the disk was full at all').toBeGreaterThanOrEqual(before + 2);
  expect(gateway.acks.length, 'what could not be stored is not acknowledged').toBeLessThan(made);
  free(database.running);
  await Promise.all(sending);
  await until(() => gateway.acks.length === made);
  const reader = await openDatabase({ url: database.running.adminUrl, role: 'ganzhi_owner', max: 1 });
  onTestFinished(() => reader.end());
  const { rows } = await reader.query<Record<string, unknown>>(
    `select count(*)::int as n, count(*) filter (where value <> 100 * extract(epoch from r.ts - '2026-01-01Z'))::int as wrong,
       (select count(*) from metering.reading_revision)::int as revisions,
       (select count(*) from metering.quarantine)::int as quarantined
     from metering.reading r join registry.meter m on m.id = r.meter_id where m.code = 'M-1'`,
  );
  expect(rows).toEqual([{ n: made * READINGS, wrong: 0, revisions: 0, quarantined: 0 }]);
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-full-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether this user may mount a small file system; root in a container often may not. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasPrlimit())(
  'a limit on the size of files, as any user may set it (skipped without prlimit of util-linux)',
  () => {
    test('files of the database cannot grow: nothing is acknowledged, nothing is lost, and it goes on when they can', async () => {
      // beyond a segment of the log (16 MB), below what the table has grown to in its next pages
      const limit = (database: EmbeddedDatabase, bytes: string): void => {
        for (const pid of family(database.pid)) {
          try {
            // as the server's own user: in a container root may not
            const { uid, gid } = statSync(`/proc/${pid}`);
            const as = process.getuid?.() === 0 ? { uid, gid } : {};
            execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`], { stdio: 'ignore', ...as });
          } catch (error) {
            // a short-lived worker may have ended; the server itself may not
            if (pid === database.pid || family(database.pid).includes(pid)) throw error;
          }
        }
      };
      await surviveFullDisk(temporary(), {
        fill: (database) => limit(database, String(20 * MB)),
        free: (database) => limit(database, 'unlimited'),
      });
    });
  },
);

describe.skipIf(!canMount())('a file system that is really full (skipped where this user may not mount one)', () => {
  test('neither log nor table can grow: the server may fall; all is there once there is room again', async () => {
    const folder = temporary();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'tmpfs', folder], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }));
    const filler = join(folder, 'filler');
    await surviveFullDisk(folder, {
      fill: () => {
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(filler, Buffer.alloc(bavail * bsize - 2 * MB));
      },
      free: () => truncateSync(filler, 0),
    });
  });
});
