import { expect, test } from 'vitest';
import type { Answer } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { freshnessOf } from './freshness.ts';
import { type PageSignals, Poller, type PollState } from './poller.ts';

const SECOND = 1_000;

/** A browser page under the test's hand: its tab can be hidden, and timers run when the test says so. */
class TestPage implements PageSignals {
  shown = true;
  pauses: number[] = [];
  #listener = (): void => {};
  #timer: (() => void) | null = null;

  visible(): boolean {
    return this.shown;
  }
  onChange(listener: () => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  }
  setTimer(run: () => void, delayMs: number): () => void {
    this.pauses.push(delayMs);
    this.#timer = run;
    return () => {
      this.#timer = null;
    };
  }
  show(shown: boolean): void {
    this.shown = shown;
    this.#listener();
  }
  timeUp(): void {
    this.#timer?.();
  }
}

/** A poller of numbers with its page, what it reported, and a server that answers as told. */
function polling(answers: (number | ApiProblem)[]) {
  const page = new TestPage();
  const states: PollState<number>[] = [];
  const server = { requests: 0, signal: null as AbortSignal | null };
  const load = async (signal: AbortSignal): Promise<Answer<number>> => {
    server.requests += 1;
    server.signal = signal;
    const answer = answers.shift() ?? 0;
    if (answer instanceof ApiProblem) throw answer;
    return { body: answer, at: answer * SECOND };
  };
  const poller = new Poller({ load, intervalMs: 5 * SECOND, page, onState: (state) => states.push(state) });
  return { page, states, server, poller };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const down = new ApiProblem({ code: 'network', status: 0, title: '' });

test('asks at once, then after each pause; the last answer stays while the server is away', async () => {
  const { page, states, server, poller } = polling([1, down, down, 4]);
  poller.start();
  await settled();
  expect(states.at(-1)).toEqual({ data: 1, checkedAt: SECOND, problem: null });

  page.timeUp();
  await settled();
  expect(states.at(-1)).toEqual({ data: 1, checkedAt: SECOND, problem: down });

  page.timeUp();
  await settled();
  page.timeUp();
  await settled();
  expect(states.at(-1)).toEqual({ data: 4, checkedAt: 4 * SECOND, problem: null });
  expect(server.requests).toBe(4);
  poller.stop();
});

test('waits longer while the server fails, half a minute at most, and is quick again after', async () => {
  const { page, poller } = polling([down, down, down, down, down, 6]);
  poller.start();
  for (let i = 0; i < 6; i += 1) {
    await settled();
    page.timeUp();
  }
  expect(page.pauses.slice(0, 6)).toEqual([5, 10, 20, 30, 30, 5].map((s) => s * SECOND));
  poller.stop();
});

test('a hidden tab asks nothing; shown again it asks at once', async () => {
  const { page, server, poller } = polling([1, 2]);
  poller.start();
  await settled();
  page.show(false);
  page.timeUp();
  await settled();
  expect(server.requests).toBe(1);
  page.show(true);
  await settled();
  expect(server.requests).toBe(2);
  poller.stop();
});

test('one request at a time, and none after the stop', async () => {
  const { page, states, server, poller } = polling([1]);
  poller.start();
  poller.refresh();
  expect(server.requests).toBe(1);
  poller.stop();
  expect(server.signal?.aborted).toBe(true);
  await settled();
  page.show(true);
  expect([states.length, server.requests]).toEqual([0, 1]);
});

test('a view is as fresh as its oldest part and as broken as its worst', () => {
  const good = (checkedAt: number) => ({ data: 0, checkedAt, problem: null });
  const waiting = { data: null, checkedAt: null, problem: null };
  expect(freshnessOf([good(9), good(4)])).toEqual({ checkedAt: 4, problem: null });
  expect(freshnessOf([good(9), waiting])).toEqual({ checkedAt: null, problem: null });
  expect(freshnessOf([good(9), { data: 0, checkedAt: 2, problem: down }])).toEqual({ checkedAt: 2, problem: down });
});
