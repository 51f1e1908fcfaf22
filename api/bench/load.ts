import { Agent, request } from 'node:http';

export interface Call {
  path: string;
  token: string;
}

/** Round trips in milliseconds, measured from the moment a call was due: one that had to wait counts its waiting. */
export interface Load {
  perSecond: number;
  millis: number[];
  failures: string[];
}

/** Open load: calls go out on time whether or not earlier ones have been answered. */
export async function runLoad(
  base: string,
  next: (i: number) => Call,
  perSecond: number,
  seconds: number,
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const millis: number[] = [];
  const failures: string[] = [];
  const startedAt = performance.now();
  const total = perSecond * seconds;
  const pending: Promise<void>[] = [];
  for (let i = 0; i < total; i += 1) {
    const dueAt = startedAt + (i * 1_000) / perSecond;
    const wait = dueAt - performance.now();
    if (wait > 1) await new Promise((done) => setTimeout(done, wait));
    pending.push(
      get(agent, base, next(i)).then((status) => {
        millis.push(performance.now() - dueAt);
        if (status !== 200) failures.push(`${next(i).path}: ${status}`);
      }),
    );
  }
  await Promise.all(pending);
  agent.destroy();
  millis.sort((a, b) => a - b);
  return { perSecond: total / ((performance.now() - startedAt) / 1_000), millis, failures };
}

export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

function get(agent: Agent, base: string, { path, token }: Call): Promise<number> {
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${token}` };
    request(`${base}/api/v1${path}`, { agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode ?? 0));
    })
      .on('error', fail)
      .end();
  });
}
