import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into care.configuration (gateway_id, version, body, digest, author, created_at)
       values ($1, 1, '{"meters":[]}', sha256('x'), 'tester', $2)`,
      [world[place].gatewayId, new Date(world.now)],
    );
  },
  change: async (owner, world, place) => {
    await owner.query("update care.configuration set note = coalesce(note, '') || 'x' where gateway_id = $1", [
      world[place].gatewayId,
    ]);
  },
  routes: {
    createGatewayConfiguration: () => ({ body: { configuration: { meters: [] }, basedOn: 0 } }),
  },
  refusedAsExample: {
    createGatewayConfiguration: 'needs a draft based on the newest; gateways.test.ts',
  },
};
