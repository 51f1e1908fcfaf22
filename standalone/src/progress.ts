const WIDTH = 32;
const QUIET_STEP = 0.1;

export interface ProgressBar {
  show(done: number, total: number): void;
}

/**
 * A progress bar with remaining time: drawn in place on a terminal, one line per tenth elsewhere (log files).
 *
 * @param say prints a line; used when standard error is not a terminal
 */
export function progressBar(
  label: string,
  say: (line: string) => void,
  out: NodeJS.WriteStream = process.stderr,
): ProgressBar {
  const startedAt = Date.now();
  let firstDone: number | undefined;
  let lastSaid = -1;
  return {
    show(done, total) {
      if (total <= 0) return;
      firstDone ??= done;
      const share = Math.min(1, done / total);
      const line = `${label} [${'#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.')}] ${(share * 100).toFixed(0)} % ${remaining(done - firstDone, total - done, Date.now() - startedAt)}`;
      if (out.isTTY) {
        out.write(`\r${line}${share === 1 ? '\n' : ''}`);
      } else if (share === 1 ? lastSaid < 1 : share >= lastSaid + QUIET_STEP) {
        lastSaid = share;
        say(line);
      }
    },
  };
}

function remaining(doneNow: number, left: number, elapsedMs: number): string {
  if (left <= 0) return 'done';
  if (doneNow <= 0) return '';
  const seconds = Math.ceil(((elapsedMs / doneNow) * left) / 1000);
  return seconds >= 90 ? `about ${Math.round(seconds / 60)} min left` : `about ${seconds} s left`;
}
