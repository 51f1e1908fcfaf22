import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { signedText } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { careNetwork, meterAt, until } from './care-network.ts';

const LIMIT = { timeout: 60_000 };

test(
  'an image is fetched, verified, tried in the other slot, kept when it works and left when not',
  LIMIT,
  async () => {
    const { gateway, rows } = await careNetwork();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const device = await gateway({
      ...{ serial: 'GW-0001', code: 'GW-0001', token: 'token-of-GW-0001', model: 'sim' },
      ...{ firmwareKeys: [key.toString('base64url')], meters: [meterAt('M-1', 502)] },
    });
    await until(() => device.care.isConnected());
    await rows("insert into care.firmware_key (name, public_key, added_by, added_at) values ('k', $1, 'x', now())", [
      key,
    ]);

    const order = async (
      version: string,
      content: object,
      forged = false,
    ): Promise<{ state: string; reason: string | null }> => {
      const bytes = Buffer.from(JSON.stringify({ kind: 'ganzhi-simulated-firmware', ...content }));
      const sha256 = createHash('sha256').update(bytes).digest();
      const text = signedText({ model: 'sim', version, sha256: sha256.toString('hex'), size: bytes.length });
      const signature = sign(null, Buffer.from(forged ? `${text}x` : text), privateKey);
      await rows(
        `insert into care.firmware_image (model, version, sha256, signature, key_id, content, uploaded_by, uploaded_at)
       select 'sim', $1, $2, $3, id, $4, 'x', now() from care.firmware_key`,
        [version, sha256, signature, bytes],
      );
      await rows(
        `with r as (
         insert into care.rollout (image_id, stages, stage_started_at, soak_s, max_drop, trial_s, created_by, created_at)
         select id, '{100}', now(), 60, 0.1, 2, 'x', now() from care.firmware_image where version = $1 returning id
       ) insert into care.rollout_gateway (rollout_id, gateway_id, stage) select r.id, g.id, 1 from r, registry.gateway g`,
        [version],
      );
      const find = () =>
        rows<{ state: string; reason: string | null }>(
          `select rg.state, rg.reason from care.rollout_gateway rg join care.rollout r on r.id = rg.rollout_id
         join care.firmware_image i on i.id = r.image_id where i.version = $1 and rg.settled_at is not null`,
          [version],
        );
      await until(async () => (await find()).length === 1);
      return (await find())[0] ?? { state: '', reason: null };
    };
    const running = () => device.care.runner()?.firmware();

    expect(await order('2.0.0', {})).toEqual({ state: 'confirmed', reason: null });
    expect(running()).toBe('2.0.0');
    expect(await order('2.1.0', { loses: 1 })).toMatchObject({ state: 'returned', reason: 'no meter could be read' });
    expect(running()).toBe('2.0.0');
    expect(await order('2.2.0', { crashes: true })).toMatchObject({
      state: 'returned',
      reason: 'the image did not start',
    });
    const forged = await order('2.3.0', {}, true);
    expect([forged.state, forged.reason]).toEqual(['refused', expect.stringContaining('signature-invalid')]);
    expect(running()).toBe('2.0.0');
  },
);
