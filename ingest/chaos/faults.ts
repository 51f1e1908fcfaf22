import { connectAdministrator } from '@ganzhi/schemas/db';
import type { Rig } from './rig.ts';
import type { Seeded } from './seeded.ts';

export interface Fault {
  name: string;
  /** Resolves when the damage is done and whatever must be undone is undone; recovery is the network's own affair. */
  strike(rig: Rig, random: Seeded): Promise<void>;
}

export interface FaultOptions {
  /** How long the database stands still. */
  pauseMs: number;
}

const killBroker = async ({ broker }: Rig): Promise<void> => {
  await broker?.kill();
  await broker?.restart();
};

/** Everything that a run does at least once, in an order of its own. */
export const faults = ({ pauseMs }: FaultOptions): readonly Fault[] => [
  { name: 'kill -9 of ingest with its embedded broker', strike: async ({ embedded }) => embedded.kill() },
  {
    name: 'kill -9 of one of two competing ingest processes',
    strike: async ({ competing }, random) => competing[random.between(0, 1)]?.kill(),
  },
  { name: 'kill -9 of the outside broker', strike: killBroker },
  { name: 'kill -9 of the database', strike: async ({ database }) => database.kill() },
  {
    name: 'kill -9 of database, broker and every ingest together',
    strike: async (rig) => {
      rig.database.kill();
      for (const ingest of [rig.embedded, ...rig.competing]) ingest.kill();
      await killBroker(rig);
    },
  },
  { name: `database stands still for ${pauseMs / 1_000} s`, strike: ({ database }) => database.pause(pauseMs) },
  {
    name: 'every connection cut in the middle of a message',
    strike: async ({ gateways }) => {
      for (const gateway of gateways) gateway.cut();
    },
  },
  {
    name: 'every database connection of ingest terminated',
    strike: async ({ database }) => {
      const client = await connectAdministrator(database.running.adminUrl);
      await client
        .query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ganzhi ingest'")
        .finally(() => client.end());
    },
  },
];
