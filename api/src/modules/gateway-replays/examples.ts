import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into metering.gateway_replay (gateway_id, since, last_at, readings, rate_per_s) values ($1, $2, $2, 5, 1)`,
      [world[place].gatewayId, new Date(world.now - 1_000)],
    );
  },
  change: async (owner, world, place) => {
    await owner.query('update metering.gateway_replay set readings = readings + 1 where gateway_id = $1', [
      world[place].gatewayId,
    ]);
  },
};
