/** A server that says nothing; anything else that fails is a lost connection. */
export class TimeoutError extends Error {}

/** @throws TimeoutError when the work takes longer; what becomes of it then is nobody's matter any more */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => undefined);
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
