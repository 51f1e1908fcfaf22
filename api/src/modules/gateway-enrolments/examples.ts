import type { ModuleExamples } from '../../../test/conformance/examples.ts';

/** Ids by place: a decided request belongs to a gateway and with it to an institution. */
const ID = { ours: '00000000-0000-4000-8000-000000000001', theirs: '00000000-0000-4000-8000-000000000002' } as const;

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into care.enrolment (id, serial, model, firmware, secret_sha256, announced_at, last_seen_at, state, gateway_id,
         decided_by, decided_at)
       values ($1, $2, 'm', '1', sha256($3), $4, $4, 'approved', $5, 'tester', $4)`,
      [ID[place], `SN-${place}`, Buffer.from(place), new Date(world.now), world[place].gatewayId],
    );
  },
  change: async (owner, world, place) => {
    await owner.query("update care.enrolment set firmware = firmware || '1' where gateway_id = $1", [
      world[place].gatewayId,
    ]);
  },
  routes: {
    approveGatewayEnrolment: (world, place) => ({
      params: { id: ID[place] },
      body: {
        gatewayCode: world[place].gatewayCode,
        institutionId: world[place].institutionId,
        fingerprint: '0000-0000-0000-0000',
      },
    }),
    refuseGatewayEnrolment: (_, place) => ({ params: { id: ID[place] }, body: { reason: 'test' } }),
    revokeGatewayCredential: () => ({ body: { reason: 'test' } }),
  },
  refusedAsExample: {
    approveGatewayEnrolment: 'needs a gateway that waits; gateways.test.ts',
    refuseGatewayEnrolment: 'needs a gateway that waits; gateways.test.ts',
  },
};
