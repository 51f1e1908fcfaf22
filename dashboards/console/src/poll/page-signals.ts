import type { PageSignals } from './poller.ts';

/** The real browser page. */
export const browserPage: PageSignals = {
  visible: () => document.visibilityState === 'visible',
  onChange(listener) {
    document.addEventListener('visibilitychange', listener);
    window.addEventListener('online', listener);
    return () => {
      document.removeEventListener('visibilitychange', listener);
      window.removeEventListener('online', listener);
    };
  },
  setTimer(run, delayMs) {
    const id = window.setTimeout(run, delayMs);
    return () => window.clearTimeout(id);
  },
};
