import { afterAll, expect, test } from 'vitest';
import { Recorder, registerRecorder, storedByRecorder } from './recorder.ts';
import { eventually, isAlive, runGanzhi, System, temporaryFolder } from './system.ts';

const BATCHES = 400;
const BATCHES_BEFORE_CUT = [60, 180];

const folder = temporaryFolder();
const system = await System.create(folder.path, ['--sites', '2', '--history-days', '1']);
let recorder: Recorder | undefined;

afterAll(async () => {
  await recorder?.end();
  await system.stop();
  folder.remove();
});

test('kill -9 of everything, twice, loses and doubles nothing that was acknowledged', {
  timeout: 240_000,
}, async () => {
  await system.start();
  await registerRecorder(folder.path);
  recorder = new Recorder(`mqtt://127.0.0.1:${system.mqttPort}`, BATCHES);
  const books = recorder;

  for (const cut of BATCHES_BEFORE_CUT) {
    await eventually(async () => books.acknowledged >= cut);
    const family = system.family();
    expect(family.length).toBeGreaterThan(5);
    await system.killAll();
    expect(family.filter(isAlive)).toEqual([]);
    const acknowledgedAtCut = books.acknowledged;

    await system.start();
    const stored = await storedByRecorder(folder.path);
    expect(books.failure).toBeUndefined();
    expect(stored.readings).toBeGreaterThanOrEqual(acknowledgedAtCut * 50);
  }

  await eventually(async () => books.done);
  expect(books.failure).toBeUndefined();
  expect(await storedByRecorder(folder.path)).toEqual({ readings: books.readings, wrong: 0, revisions: 0 });
});

test('after the cuts the ledger still equals the raw registers, to the last count', { timeout: 120_000 }, async () => {
  await eventually(async () => (await runGanzhi(['check'], { GANZHI_DATA_DIR: folder.path })).code === 0);
});

test('an ordered stop ends every process', { timeout: 60_000 }, async () => {
  const family = system.family();
  expect(await system.stop()).toBe(0);
  expect(family.filter(isAlive)).toEqual([]);
});
