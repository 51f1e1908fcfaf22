import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, HOUR, MINUTE, SECOND, TelemetryBatch } from '@ganzhi/schemas';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Outbox, openOutbox, type Stamp } from './index.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');
let folder: string;
let outbox: Outbox;
const open = (now = NOON) => openOutbox({ path: join(folder, 'outbox.db'), now: () => now });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-heal-'));
  outbox = open();
});
afterEach(() => {
  outbox.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A reading at `mono` of a boot whose clock began at `offsetMs` for its monotonic zero. */
const put = (stamp: Stamp, mono: number) => {
  const t = stamp.offsetMs + mono;
  outbox.append(
    'live',
    { readings: [{ m: 'M1', p: 'power', t, x: mono, q: 0 }], errors: [{ m: 'M2', t, code: 'read-timeout' }] },
    t,
    undefined,
    stamp,
  );
};
const unset = (bootId: string): Stamp => ({ bootId, offsetMs: 0, state: 'unset' });
const sent = (lane: 'live' | 'backlog') =>
  outbox.next(lane, 0, 100).map(({ payload }) => TelemetryBatch.parse(JSON.parse(payload)));
const stampsOf = (lane: 'live' | 'backlog') =>
  sent(lane).flatMap(({ readings, errors }) => [...readings, ...errors].map(({ t }) => t));

test('what a boot in 1970 read is held back, survives a restart of the process, and gets its exact time from the server', async () => {
  put(unset('boot-1'), 10 * SECOND);
  put(unset('boot-1'), 2 * HOUR);
  expect([sent('live'), sent('backlog')]).toEqual([[], []]);
  expect(outbox.depth('held')).toMatchObject({ batches: 2, readings: 2 });
  outbox.close();
  outbox = open();
  const bootedAt = NOON - 2 * HOUR - MINUTE;
  expect(await outbox.heal({ bootId: 'boot-1', offsetMs: bootedAt })).toEqual({ batches: 2, unchecked: 0, flagged: 0 });
  expect(stampsOf('backlog')).toEqual([bootedAt + 10 * SECOND, bootedAt + 10 * SECOND]);
  expect(stampsOf('live')).toEqual([NOON - MINUTE, NOON - MINUTE]);
  expect(sent('backlog')[0]).toMatchObject({ replay: true, seq: 0, sentAt: '2026-11-23T09:59:10.000+08:00' });
  expect(outbox.depth()).toMatchObject({ batches: 2, readings: 2 });
  expect(outbox.depth('held').batches).toBe(0);
  expect(await outbox.heal({ bootId: 'boot-1', offsetMs: 0 })).toEqual({ batches: 0, unchecked: 0, flagged: 0 });
});

test('a clock that was wrong by hours is corrected before anything of it leaves', async () => {
  put({ bootId: 'boot-1', offsetMs: NOON + 8 * HOUR, state: 'unconfirmed' }, MINUTE);
  put({ bootId: 'boot-1', offsetMs: NOON, state: 'unconfirmed' }, 2 * MINUTE);
  await outbox.heal({ bootId: 'boot-1', offsetMs: NOON });
  expect(stampsOf('live')).toEqual([NOON + MINUTE, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 2 * MINUTE]);
});

test('across a reboot the last confirmed time and the new boot bound what lay between: a minute is close enough', async () => {
  const confirmedAt = NOON - HOUR;
  const before: Stamp = { bootId: 'boot-1', offsetMs: confirmedAt - DAY, state: 'confirmed' };
  put(before, DAY);
  // Power cut, boot 2 without a clock for 50 minutes, power cut, boot 3 which reaches the server.
  put(unset('boot-2'), 20 * SECOND);
  put(unset('boot-2'), 50 * MINUTE);
  const bootedAt = confirmedAt + 50 * MINUTE + 40 * SECOND;
  expect(await outbox.heal({ bootId: 'boot-3', offsetMs: bootedAt })).toEqual({ batches: 2, unchecked: 0, flagged: 0 });
  const [early, , late] = stampsOf('backlog');
  expect(early).toBe(confirmedAt + 40 * SECOND);
  expect(late).toBe(confirmedAt + 50 * MINUTE + 20 * SECOND);
});

test('what cannot be placed is flagged for quarantine, and an earlier boot with a clock is taken at its word', async () => {
  put({ bootId: 'boot-1', offsetMs: NOON - DAY, state: 'confirmed' }, MINUTE);
  put(unset('boot-2'), 20 * SECOND);
  put({ bootId: 'boot-3', offsetMs: NOON - HOUR, state: 'unconfirmed' }, MINUTE);
  expect(await outbox.heal({ bootId: 'boot-4', offsetMs: NOON })).toEqual({ batches: 0, unchecked: 1, flagged: 1 });
  expect(sent('backlog')).toMatchObject([{ clock: 'unset', replay: true, readings: [{ t: 20 * SECOND }] }]);
  expect(stampsOf('live')).toContain(NOON - HOUR + MINUTE);
});

test('a server that tells no time gets what looks right; 1970 stays here', () => {
  put(unset('boot-1'), 20 * SECOND);
  put({ bootId: 'boot-1', offsetMs: NOON, state: 'unconfirmed' }, MINUTE);
  outbox.release();
  expect(stampsOf('live')).toEqual([NOON + MINUTE, NOON + MINUTE]);
  expect(outbox.depth('held').batches).toBe(1);
});

test('many batches are healed in turns, in order, and can be acknowledged meanwhile', async () => {
  for (let i = 0; i < 45; i += 1) put(unset('boot-1'), i * SECOND);
  const healing = outbox.heal({ bootId: 'boot-1', offsetMs: NOON - DAY });
  const [first] = outbox.next('backlog', 0, 1);
  expect(outbox.remove(first?.batch ?? '')).toBe(true);
  expect((await healing).batches).toBe(45);
  expect(sent('backlog').map(({ seq }) => seq)).toEqual(Array.from({ length: 44 }, (_, i) => i + 1));
});
