/** Follows redirects and keeps cookies for each origin, as a browser does; nothing else. */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    this.#jar(origin).set(name, value);
  }

  /** One request, no redirect followed. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.#jar(new URL(url).origin);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows from `url` until an address that `stop` wants or an answer that is no redirect; gives the addresses passed. */
  async walk(url: string, stop: (url: URL) => boolean = () => false): Promise<{ at: URL; status: number; way: URL[] }> {
    const way = [new URL(url)];
    for (let step = 0; step < 12; step += 1) {
      const at = way.at(-1) ?? new URL(url);
      if (step > 0 && stop(at)) return { at, status: 0, way };
      const response = await this.send(at.href);
      await response.arrayBuffer();
      const next = response.headers.get('location');
      if (next === null) return { at, status: response.status, way };
      way.push(new URL(next, at));
    }
    throw new Error(`a ring of redirects: ${way.map(({ pathname }) => pathname).join(' ')}`);
  }

  #jar(origin: string): Map<string, string> {
    const known = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, known);
    return known;
  }
}
