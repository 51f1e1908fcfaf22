import type { Session } from './api/types.ts';

/** `unknown` until the server has said whether the cookie is still good. */
export type SessionState =
  | { phase: 'unknown' }
  | { phase: 'out'; expired: boolean }
  | { phase: 'in'; session: Session };

/** Who is logged in. The client tells it when a session ends; the page listens. */
export class SessionStore {
  #state: SessionState = { phase: 'unknown' };
  #listener: (state: SessionState) => void = () => {};

  get state(): SessionState {
    return this.#state;
  }

  /** One page, one listener; gives the way to undo it. */
  listen(listener: (state: SessionState) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  }

  begun(session: Session): void {
    this.#change({ phase: 'in', session });
  }

  ended(): void {
    this.#change({ phase: 'out', expired: false });
  }

  /** The server no longer knows the session; a visitor who never had one is not told that it expired. */
  expired(): void {
    if (this.#state.phase !== 'out') this.#change({ phase: 'out', expired: this.#state.phase === 'in' });
  }

  #change(state: SessionState): void {
    this.#state = state;
    this.#listener(state);
  }
}
