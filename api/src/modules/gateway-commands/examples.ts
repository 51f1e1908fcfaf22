import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into care.command (gateway_id, body, requested_by, requested_at, expires_at)
       values ($1, '{"kind":"self-test"}', 'tester', $2, $3)`,
      [world[place].gatewayId, new Date(world.now - 1_000), new Date(world.now + 60_000)],
    );
  },
  change: async (owner, world, place) => {
    await owner.query("update care.command set result = coalesce(result, '[]') || '[1]' where gateway_id = $1", [
      world[place].gatewayId,
    ]);
  },
  routes: {
    createGatewayCommand: () => ({ body: { command: { kind: 'read-now' } } }),
  },
  refusedAsExample: {
    createGatewayCommand: 'the example gateway is retired by then; gateways.test.ts',
  },
};
