import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const REPLAYS = { ours: 1, theirs: 2 } as const;

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into metering.quarantine_replay (id, requested_by, gateways, up_to, matched) overriding system value
       values ($1, 'somebody', array[$2::text], 1, 1)`,
      [REPLAYS[place], world[place].gatewayCode],
    );
  },
  change: async (owner, _world, place) => {
    await owner.query('update metering.quarantine_replay set stored = stored + 1 where id = $1', [REPLAYS[place]]);
  },
  routes: {
    createQuarantineReplay: (world, place) => ({ body: { gateway: world[place].gatewayCode } }),
    getQuarantineReplay: (_world, place) => ({ params: { id: REPLAYS[place] } }),
  },
};
