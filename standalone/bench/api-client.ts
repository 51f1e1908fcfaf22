import { locateEmbedded, openDatabase } from '@ganzhi/schemas/db';

export interface City {
  powerMeters: { reporting: number; total: number };
  outboxReadings: number;
  history: { done: number; total: number; running: boolean } | null;
}

interface Institution {
  id: number;
  lastReadingAt: string | null;
}

/** The few calls that benches and end-to-end tests make, as a person's programme would: over HTTP with a bearer token. */
export class ApiClient {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  static async login(base: string, login: string, password: string): Promise<ApiClient> {
    const answer = await fetch(`${base}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login, password }),
    });
    if (answer.status !== 201) throw new Error(`log-in failed: ${answer.status} ${await answer.text()}`);
    return new ApiClient(base, ((await answer.json()) as { token: string }).token);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#base}/api/v1${path}`, { headers: { authorization: `Bearer ${this.#token}` } });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  city(): Promise<City> {
    return this.get<City>('/city');
  }

  metered(): Promise<{ items: Institution[] }> {
    return this.get('/institutions?metered=true&limit=1000');
  }

  /** Age of the latest reading of the institution that is furthest behind, seconds. */
  async oldestLiveReadingS(): Promise<number> {
    const { items } = await this.metered();
    return Math.max(
      0,
      ...items.map((item) => (item.lastReadingAt ? (Date.now() - Date.parse(item.lastReadingAt)) / 1000 : 0)),
    );
  }

  async monthByHourPath(): Promise<string> {
    const { items } = await this.metered();
    const to = new Date();
    const from = new Date(to.getTime() - 30 * 86_400_000);
    return `/institutions/${items[0]?.id}/consumption?grain=hour&from=${from.toISOString()}&to=${to.toISOString()}`;
  }

  /** Round trips of one path in sequence, milliseconds. */
  async latencies(calls: number, path: string): Promise<{ calls: number; p50: number; p95: number; max: number }> {
    const times: number[] = [];
    for (let i = 0; i < calls; i += 1) {
      const startedAt = performance.now();
      await this.get(path);
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number =>
      Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1));
    return { calls, p50: at(0.5), p95: at(0.95), max: at(1) };
  }

  /** Readings found in the embedded database of a data directory. */
  async storedReadings(dataDir: string): Promise<number> {
    const db = await openDatabase({
      url: locateEmbedded(dataDir)?.urlFor('ganzhi_api') ?? '',
      role: 'ganzhi_api',
      max: 1,
    });
    try {
      const { rows } = await db.query<{ n: bigint }>('select count(*) as n from metering.reading');
      return Number(rows[0]?.n ?? 0n);
    } finally {
      await db.end();
    }
  }
}
