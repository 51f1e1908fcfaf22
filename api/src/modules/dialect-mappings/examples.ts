import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { Place } from '../../../test/conformance/world.ts';

/** A tag of each place's gateway, which speaks Neuron here; its id known from the seed. */
const ids = new Map<string, number>();
const named = { device: 'modbus/group', tag: 'EPI' };
const leftAside = { meterId: null, point: null, powerOfTen: 0 };
const waits = (place: Place, n: number) => [
  place.gatewayCode,
  JSON.stringify({ m: 'modbus/group', p: `tag-${n}`, t: n, x: n }),
  Buffer.from(`${place.gatewayCode} tag ${n}`),
];
const QUARANTINE = `insert into metering.quarantine (gateway_code, reason, detail, payload, digest)
  values ($1, 'unknown-point', '-', $2, sha256($3))`;

export const examples: ModuleExamples = {
  seed: async (owner, world, which) => {
    const place = world[which];
    await owner.query(`update registry.gateway set dialect = 'neuron' where id = $1`, [place.gatewayId]);
    const { rows } = await owner.query<{ id: number }>(
      'insert into registry.dialect_tag (gateway_id, device, tag) values ($1, $2, $3) returning id',
      [place.gatewayId, named.device, named.tag],
    );
    ids.set(which, rows[0]?.id ?? 0);
    await owner.query(QUARANTINE, waits(place, 1));
  },
  change: async (owner, world, which) => {
    await owner.query(
      'update registry.dialect_tag set power_of_ten = power_of_ten - 1, version = version + 1 where gateway_id = $1',
      [world[which].gatewayId],
    );
    await owner.query(QUARANTINE, waits(world[which], 2));
  },
  routes: {
    createDialectMapping: (world, which) => ({
      body: { gatewayId: world[which].gatewayId, device: 'new', tag: 'EPI', ...leftAside },
    }),
    getDialectMapping: (_, which) => ({ params: { id: ids.get(which) ?? 0 } }),
    updateDialectMapping: (_, which) => ({
      params: { id: ids.get(which) ?? 0 },
      headers: { 'if-match': '*' },
      body: { ...leftAside, powerOfTen: 3 },
    }),
    deleteDialectMapping: (_, which) => ({ params: { id: ids.get(which) ?? 0 }, headers: { 'if-match': '*' } }),
    importDialectMappings: (world, which) => ({
      body: { gatewayId: world[which].gatewayId, dryRun: false, mappings: [{ ...named, ...leftAside }] },
    }),
    suggestDialectMappings: (world, which) => ({ params: { id: world[which].gatewayId } }),
  },
};
