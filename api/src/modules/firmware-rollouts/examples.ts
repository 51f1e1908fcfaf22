import type { ModuleExamples } from '../../../test/conformance/examples.ts';

/** One roll-out of each place's gateway, and an image that both come from. */
const ids = new Map<string, string>();
const params = (place: 'ours' | 'theirs') => ({ id: ids.get(place) ?? '' });
let imageId = 0;
const WHOLE_FLEET = 'firmware of the whole fleet; names no institution, meter or gateway';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const at = new Date(world.now);
    await owner.query(
      `insert into care.firmware_key (name, public_key, added_by, added_at) values ('k', sha256('k'), 'x', $1)
       on conflict do nothing`,
      [at],
    );
    await owner.query(
      `insert into care.firmware_image (model, version, sha256, signature, key_id, content, uploaded_by, uploaded_at)
       select 'm', '2', sha256('i'), decode(repeat('00', 64), 'hex'), id, 'i', 'x', $1 from care.firmware_key
       on conflict do nothing`,
      [at],
    );
    const { rows } = await owner.query<{ id: string; image_id: number }>(
      `with r as (
         insert into care.rollout (image_id, stages, stage_started_at, soak_s, max_drop, trial_s, created_by, created_at)
         select id, '{100}', $2, 60, 0.1, 60, 'x', $2 from care.firmware_image returning id, image_id
       ), g as (
         insert into care.rollout_gateway (rollout_id, gateway_id, stage) select id, $1, 1 from r
       ) select id, image_id from r`,
      [world[place].gatewayId, at],
    );
    ids.set(place, rows[0]?.id ?? '');
    imageId = rows[0]?.image_id ?? 0;
  },
  change: async (owner, world, place) => {
    await owner.query(
      `update care.rollout_gateway set reason = coalesce(reason, '') || 'x', state = 'returned' where gateway_id = $1`,
      [world[place].gatewayId],
    );
    await owner.query('update care.rollout set soak_s = soak_s + 1 where id = $1', [ids.get(place)]);
  },
  unscoped: {
    listFirmwareKeys: WHOLE_FLEET,
    listFirmwareImages: WHOLE_FLEET,
  },
  routes: {
    addFirmwareKey: () => ({ body: { name: 'maker', publicKey: 'A'.repeat(43) } }),
    retireFirmwareKey: () => ({ params: { id: 1 }, body: { reason: 'lost' } }),
    addFirmwareImage: () => ({
      query: { model: 'm', version: '3', signature: 'A'.repeat(86) },
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from('image'),
    }),
    createFirmwareRollout: (world, place) => ({ body: { imageId, gateways: [world[place].gatewayCode] } }),
    getFirmwareRollout: (_, place) => ({ params: params(place) }),
    listFirmwareRolloutGateways: (_, place) => ({ params: params(place) }),
    decideFirmwareRollout: (_, place) => ({ params: params(place), body: { kind: 'pause', reason: 'wait' } }),
  },
  refusedAsExample: {
    addFirmwareImage: 'needs a signed image; firmware-rollouts.test.ts',
    createFirmwareRollout: 'needs a signed image; firmware-rollouts.test.ts',
  },
};
