import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { judgeRollouts } from '@ganzhi/analytics';
import { signedText } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import { expect, test } from 'vitest';
import { careNetwork, meterAt, until } from './care-network.ts';

const LIMIT = { timeout: 60_000 };

test(
  'an image is fetched, verified, tried in the other slot, kept when it works and left when not',
  LIMIT,
  async () => {
    const { gateway, api } = await careNetwork();
    const { publicKey: exportable, privateKey } = generateKeyPairSync('ed25519');
    const publicKey = exportable.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
    const other = generateKeyPairSync('ed25519');
    const device = await gateway({
      ...{ serial: 'GW-0001', code: 'GW-0001', token: 'token-of-GW-0001', model: 'sim' },
      ...{ firmwareKeys: [publicKey], meters: [meterAt('M-1', 502)] },
    });
    await until(() => device.care.isConnected());
    expect((await api('POST', '/firmware-keys', { name: 'maker', publicKey })).status).toBe(201);

    const octets = { 'content-type': 'application/octet-stream' };
    const upload = (version: string, content: object, signer = privateKey) => {
      const bytes = Buffer.from(JSON.stringify({ kind: 'ganzhi-simulated-firmware', ...content }));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const text = signedText({ model: 'sim', version, sha256, size: bytes.length });
      const signature = sign(null, Buffer.from(text), signer).toString('base64url');
      return api('POST', `/firmware-images?model=sim&version=${version}&signature=${signature}`, bytes, octets);
    };
    /** Orders the image for the gateway and waits for what becomes of it. */
    const order = async (version: string, content: object, signer = privateKey) => {
      const image = await upload(version, content, signer);
      expect(image.status).toBe(201);
      const request = { imageId: image.body.id, gateways: ['GW-0001'], stages: [100], soakS: 60, trialS: 2 };
      const begun = await api('POST', '/firmware-rollouts', request);
      expect([begun.status, begun.body.progress]).toMatchObject([201, { waiting: 1 }]);
      const path = `/firmware-rollouts/${begun.body.id}`;
      const gatewayOf = async () => (await api('GET', `${path}/gateways`)).body.items[0];
      await until(async () => (await gatewayOf()).settledAt !== null);
      const { state, reason } = await gatewayOf();
      expect((await api('GET', path)).body.cohorts).toMatchObject([{ stage: 1, progress: { [state]: 1, waiting: 0 } }]);
      // one gateway is in one roll-out at a time
      expect((await api('POST', '/firmware-rollouts', request)).status).toBe(409);
      expect((await api('POST', `${path}/decisions`, { kind: 'abort', reason: 'next' })).body.state).toBe('aborted');
      return { state, reason };
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
    // signed by a key that the server knows and the gateway does not: the gateway decides
    expect((await upload('2.3.0', {}, other.privateKey)).body.code).toBe('signature-invalid');
    const second = other.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
    await api('POST', '/firmware-keys', { name: 'stranger', publicKey: second });
    const foreign = await order('2.3.0', {}, other.privateKey);
    expect([foreign.state, foreign.reason]).toEqual(['refused', expect.stringContaining('signature-invalid')]);
    expect(running()).toBe('2.0.0');
  },
);

test(
  'a roll-out whose cohort loses readings stops by itself, says why, and can be paused and resumed by people',
  LIMIT,
  async () => {
    const codes = ['GW-1000', 'GW-1001', 'GW-1002'];
    const meters = codes.map((gateway) => ({
      code: `M-${gateway}`,
      gateway,
      intervalS: 1,
      points: { 'energy.import': 2 },
    }));
    const { gateway, api, database, rows } = await careNetwork({ gateways: codes, meters });
    const { publicKey: exportable, privateKey } = generateKeyPairSync('ed25519');
    const publicKey = exportable.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
    for (const code of codes) {
      await gateway({
        ...{ serial: code, code, token: fixtureToken(code), model: 'sim' },
        ...{ firmwareKeys: [publicKey], meters: [meterAt(`M-${code}`, 502)] },
      });
    }
    await api('POST', '/firmware-keys', { name: 'maker', publicKey });
    const bytes = Buffer.from(JSON.stringify({ kind: 'ganzhi-simulated-firmware', loses: 0.75 }));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const text = signedText({ model: 'sim', version: '3.0.0', sha256, size: bytes.length });
    const signature = sign(null, Buffer.from(text), privateKey).toString('base64url');
    const image = await api('POST', `/firmware-images?model=sim&version=3.0.0&signature=${signature}`, bytes, {
      'content-type': 'application/octet-stream',
    });
    // what the meters deliver with the image as delivered
    await until(async () => (await rows('select from metering.reading')).length >= 5 * codes.length);

    const request = {
      imageId: image.body.id,
      gateways: codes,
      stages: [60, 100],
      soakS: 600,
      maxDrop: 0.3,
      trialS: 30,
    };
    const path = `/firmware-rollouts/${(await api('POST', '/firmware-rollouts', request)).body.id}`;
    const decide = (kind: string) => api('POST', `${path}/decisions`, { kind, reason: '冬季供暖' });
    // a pause in the middle of a download would have the image ordered again a good while later
    await until(async () => {
      const { ordered, waiting } = (await api('GET', path)).body.cohorts[0].progress;
      return ordered + waiting === 0;
    });
    expect((await decide('pause')).body).toMatchObject({ state: 'paused', reason: '冬季供暖' });
    expect((await decide('resume')).body).toMatchObject({ state: 'running', reason: null });

    const db = await database.open('ganzhi_analytics');
    await until(async () => {
      await judgeRollouts(db, Date.now());
      return (await api('GET', path)).body.state === 'stopped';
    });
    const { reason, cohorts } = (await api('GET', path)).body;
    expect(reason).toMatch(/completeness fell from \d+\.\d % to \d+\.\d %/);
    expect(cohorts).toMatchObject([
      // the loss may show in one gateway's readings before the other has said that its trial is over
      { stage: 1, progress: { waiting: 0, refused: 0, returned: 0 }, lastCheck: { failed: 0, verdict: 'stop' } },
      { stage: 2, progress: { waiting: 1 }, lastCheck: null },
    ]);
    // the rest of the fleet keeps what it had
    expect((await api('GET', `${path}/gateways?state=waiting`)).body.items).toHaveLength(1);
    expect((await decide('abort')).body.state).toBe('aborted');
  },
);
