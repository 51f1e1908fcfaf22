import closeWithGrace from 'close-with-grace';
import pino, { type Logger } from 'pino';

const STOP_LIMIT_MS = 20_000;

/** JSON lines on standard error; the level is LOG_LEVEL. */
export const createLogger = (service: string, level: string): Logger =>
  pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: bareError } },
    pino.destination({ fd: 2, sync: true }),
  );

/** What helps to find a failure, and nothing that an error carries along (pg hangs its whole client on one). */
function bareError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  return { type: name, message, code: 'code' in error ? error.code : undefined, stack, cause: bareError(cause) };
}

/** What a service tells its supervisor once it works. */
export interface ReadyMessage {
  kind: 'ready';
  info: Record<string, unknown>;
}

/**
 * Keeps a service process running until it is asked to stop (SIGTERM, SIGINT, or its supervisor is gone), then stops it in
 * order. Tells the supervisor, if there is one, that the service is ready.
 */
export function serveUntilStopped(logger: Logger, stop: () => Promise<void>, info: Record<string, unknown> = {}): void {
  const grace = closeWithGrace({ delay: STOP_LIMIT_MS, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'stopping after an unexpected failure');
    else logger.info({ signal }, 'stopping');
    await stop();
    if (process.connected) process.disconnect();
  });
  if (process.send) {
    process.send({ kind: 'ready', info } satisfies ReadyMessage);
    process.once('disconnect', () => grace.close());
  }
}
