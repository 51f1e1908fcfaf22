import type { Answer } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';

/** What a poll knows: the last good answer stays while later tries fail, and says itself how old it is. */
export interface PollState<T> {
  data: T | null;
  /** When the server last vouched for `data`, server's clock, epoch ms. */
  checkedAt: number | null;
  /** The last try failed with this; null after a success. */
  problem: ApiProblem | null;
}

/** The browser page as a poller sees it; passed in, so that a test can hide the tab and drive the clock. */
export interface PageSignals {
  visible(): boolean;
  /** Calls back when the tab is shown or hidden, or the network returns. Gives the way to undo it. */
  onChange(listener: () => void): () => void;
  setTimer(run: () => void, delayMs: number): () => void;
}

export interface PollerOptions<T> {
  load: (signal: AbortSignal) => Promise<Answer<T>>;
  intervalMs: number;
  page: PageSignals;
  onState: (state: PollState<T>) => void;
}

const LONGEST_PAUSE_MS = 30_000;

/** Asks again and again while the tab is visible, one request at a time, slower while the server fails. */
export class Poller<T> {
  readonly #options: PollerOptions<T>;
  #state: PollState<T> = { data: null, checkedAt: null, problem: null };
  #failures = 0;
  #request: AbortController | null = null;
  #cancelTimer = (): void => {};
  #unlisten = (): void => {};

  constructor(options: PollerOptions<T>) {
    this.#options = options;
  }

  start(): void {
    this.#unlisten = this.#options.page.onChange(() => this.refresh());
    this.refresh();
  }

  stop(): void {
    this.#unlisten();
    this.#cancelTimer();
    this.#request?.abort();
    this.#request = null;
  }

  /** Asks now, unless the tab is hidden or a request is under way. */
  refresh(): void {
    this.#cancelTimer();
    if (this.#request || !this.#options.page.visible()) return;
    const request = new AbortController();
    this.#request = request;
    this.#options.load(request.signal).then(
      ({ body, at }) => this.#settle(request, { data: body, checkedAt: at, problem: null }),
      (error: unknown) => this.#settle(request, { ...this.#state, problem: asProblem(error) }),
    );
  }

  #settle(request: AbortController, state: PollState<T>): void {
    if (request.signal.aborted) return;
    this.#request = null;
    this.#state = state;
    this.#failures = state.problem ? this.#failures + 1 : 0;
    this.#options.onState(state);
    this.#cancelTimer = this.#options.page.setTimer(() => this.refresh(), this.#pauseMs());
  }

  #pauseMs(): number {
    const { intervalMs } = this.#options;
    if (this.#failures === 0) return intervalMs;
    return Math.max(intervalMs, Math.min(intervalMs * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS));
  }
}

const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem ? error : new ApiProblem({ code: 'network', status: 0, title: String(error) });
