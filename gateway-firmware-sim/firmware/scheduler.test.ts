import { MINUTE, SECOND } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { manualClock } from './clock/index.ts';
import { createScheduler, nextTick } from './scheduler.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');

test('items are polled at the start and then at whole multiples of their interval', async () => {
  const clock = manualClock(NOON + 17 * SECOND);
  const polls: string[] = [];
  const items = [
    { name: 'minute', intervalMs: MINUTE },
    { name: 'quarter', intervalMs: 15 * MINUTE },
  ];
  const scheduler = createScheduler({
    items,
    clock,
    async poll(due) {
      polls.push(`${(clock.now() - NOON) / SECOND}s ${due.map(({ name }) => name).join('+')}`);
    },
  });
  scheduler.start();
  await clock.advanceTo(NOON + 3 * MINUTE);
  await clock.advanceTo(NOON + 13.5 * MINUTE);
  await clock.advanceTo(NOON + 15 * MINUTE + 1);
  await scheduler.stop();
  expect(polls.slice(0, 4)).toEqual(['17s minute+quarter', '60s minute', '120s minute', '180s minute']);
  expect(polls.slice(-2)).toEqual(['840s minute', '900s minute+quarter']);
});

test('a poll that still runs is not started again, and is reported', async () => {
  const clock = manualClock(NOON);
  let finish = () => {};
  let started = 0;
  const overruns: number[] = [];
  const scheduler = createScheduler({
    items: [{ intervalMs: MINUTE }],
    clock,
    poll: () =>
      new Promise<void>((resolve) => {
        started += 1;
        finish = resolve;
      }),
    onOverrun: (items) => overruns.push(items.length),
  });
  scheduler.start();
  await clock.advanceTo(NOON + 2 * MINUTE);
  expect({ started, overruns }).toEqual({ started: 1, overruns: [1, 1] });
  finish();
  await clock.advanceTo(NOON + 3 * MINUTE);
  expect(started).toBe(2);
  finish();
  await scheduler.stop();
});

test('a group that hangs neither delays nor skips the others', async () => {
  const clock = manualClock(NOON);
  const polls = new Map<string, number>();
  const overruns: string[] = [];
  let release = () => {};
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const items = ['silent', 'well', 'well'].map((bus, i) => ({ name: `${bus}${i}`, bus, intervalMs: MINUTE }));
  const scheduler = createScheduler({
    items,
    clock,
    groupOf: ({ bus }) => bus,
    async poll(due) {
      for (const { name } of due) polls.set(name, (polls.get(name) ?? 0) + 1);
      if (due[0]?.bus === 'silent') await hanging;
    },
    onOverrun: (late) => overruns.push(...late.map(({ name }) => name)),
  });
  scheduler.start();
  await clock.advanceTo(NOON + 3 * MINUTE);
  expect(Object.fromEntries(polls)).toEqual({ silent0: 1, well1: 4, well2: 4 });
  expect(overruns).toEqual(['silent0', 'silent0', 'silent0']);
  release();
  await scheduler.stop();
});

test('the next tick is strictly later', () => {
  const items = [{ intervalMs: MINUTE }, { intervalMs: 7 * SECOND }];
  expect(nextTick(items, NOON) - NOON).toBeGreaterThan(0);
  expect(nextTick([{ intervalMs: MINUTE }], NOON)).toBe(NOON + MINUTE);
});
