import { ApiProblem, problemOf } from './problem.ts';

/** A body and when the server vouched for it (its own clock, so that ages do not depend on the viewer's). */
export interface Answer<T> {
  body: T;
  at: number;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface ClientOptions {
  /** Folder of the API, relative to the page, so that the page works below any path. */
  base: string;
  fetch: typeof fetch;
  now: () => number;
  language: () => string;
  /** The session ended, or never began. */
  onLoggedOut: () => void;
}

const REMEMBERED_ANSWERS = 64;

/** Talks to the API by cookie session. Remembers the last answers by URL and asks with If-None-Match. */
export class ApiClient {
  readonly #options: ClientOptions;
  readonly #answers = new Map<string, { etag: string; body: unknown }>();
  #csrfToken = '';
  #skewMs = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The token that the log-in answered with; writes carry it. */
  useCsrfToken(token: string): void {
    this.#csrfToken = token;
  }

  /** The server's time now, as far as its last answer told; a viewer's wrong clock must not ask for the wrong hours. */
  now(): number {
    return this.#options.now() + this.#skewMs;
  }

  /** Forgets the token and every remembered answer, so that the next user sees nothing of the last one. */
  forget(): void {
    this.#csrfToken = '';
    this.#answers.clear();
  }

  /**
   * Reads a resource. An unchanged one (304) gives the very same object as before.
   *
   * The contract is trusted here, once: `T` is what the API documents for the path.
   * @throws ApiProblem on any other status, or code "network" when nothing came back
   */
  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer<T>> {
    const url = this.url(path, query);
    const known = this.#answers.get(url);
    const headers = known ? { 'If-None-Match': known.etag } : undefined;
    const response = await this.#send('GET', url, { headers, signal });
    const at = serverTime(response) ?? this.#options.now();
    this.#skewMs = at - this.#options.now();
    if (response.status === 304 && known) return { body: known.body as T, at };
    const body = (await response.json()) as T;
    const etag = response.headers.get('etag');
    if (etag) this.#remember(url, { etag, body });
    return { body, at };
  }

  /** A file as it is. */
  async upload<T>(path: string, query: Query, file: Blob): Promise<T> {
    const headers = { 'Content-Type': 'application/octet-stream', 'X-CSRF-Token': this.#csrfToken };
    const response = await this.#send('POST', this.url(path, query), { headers, body: file });
    return (await response.json()) as T;
  }

  /** A step of something that has a version, with content where the step wants some. */
  async step<T>(path: string, version: number, content?: unknown): Promise<T> {
    const headers = { 'If-Match': `"${version}"`, 'X-CSRF-Token': this.#csrfToken };
    const json = { headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(content) };
    const response = await this.#send('POST', this.url(path), content === undefined ? { headers } : json);
    return (await response.json()) as T;
  }

  async post<T>(path: string, content: unknown): Promise<T> {
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': this.#csrfToken };
    const response = await this.#send('POST', this.url(path), { headers, body: JSON.stringify(content) });
    return (await response.json()) as T;
  }

  async delete(path: string): Promise<void> {
    await this.#send('DELETE', this.url(path), { headers: { 'X-CSRF-Token': this.#csrfToken } });
  }

  /** Address of a resource; empty and absent parameters are left out. */
  url(path: string, query: Query = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
    }
    const text = parameters.toString();
    return `${this.#options.base}${path}${text === '' ? '' : `?${text}`}`;
  }

  async #send(
    method: string,
    url: string,
    init: { headers?: Record<string, string> | undefined; body?: string | Blob; signal?: AbortSignal | undefined },
  ): Promise<Response> {
    const headers = { Accept: 'application/json', 'Accept-Language': this.#options.language(), ...init.headers };
    const request: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
    if (init.body !== undefined) request.body = init.body;
    if (init.signal) request.signal = init.signal;
    const { fetch, onLoggedOut } = this.#options;
    const response = await fetch(url, request).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause;
      throw new ApiProblem({ code: 'network', status: 0, title: 'network' });
    });
    if (response.ok || response.status === 304) return response;
    const problem = await problemOf(response);
    if (problem.code === 'not-authenticated') onLoggedOut();
    throw problem;
  }

  #remember(url: string, answer: { etag: string; body: unknown }): void {
    this.#answers.delete(url);
    this.#answers.set(url, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > REMEMBERED_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }
}

function serverTime(response: Response): number | undefined {
  const t = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(t) ? undefined : t;
}
