/** An answer that is not a success, or no answer at all (`code` "network"). `title` is in the language asked for. */
export class ApiProblem extends Error {
  readonly code: string;
  /** HTTP status; 0 when nothing came back. */
  readonly status: number;
  readonly detail: string;
  /** Seconds the server asks to wait, from Retry-After. */
  readonly retryAfterS: number | null;

  constructor(facts: { code: string; status: number; title: string; detail?: string; retryAfterS?: number | null }) {
    super(facts.title);
    this.name = 'ApiProblem';
    this.code = facts.code;
    this.status = facts.status;
    this.detail = facts.detail ?? '';
    this.retryAfterS = facts.retryAfterS ?? null;
  }
}

/** Reads a problem+json answer; tolerates one that is not (a proxy's error page). */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  const field = (name: string): string | undefined => {
    if (typeof body !== 'object' || body === null) return undefined;
    const value: unknown = Reflect.get(body, name);
    return typeof value === 'string' ? value : undefined;
  };
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem({
    code: field('code') ?? `http-${response.status}`,
    status: response.status,
    title: field('title') ?? response.statusText,
    detail: field('detail') ?? '',
    retryAfterS: Number.isFinite(wait) ? wait : null,
  });
}
