import { existsSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM_BIN ?? PLACES.find((path) => existsSync(path));
if (!executablePath) {
  throw new Error(
    'The browser test needs Chromium: "apt-get install chromium", or set CHROMIUM_BIN to a Chromium or Chrome.',
  );
}

/** Headless, silent towards the world: no update, no sync, nothing but the page under test. */
export const BROWSER: LaunchOptions = {
  executablePath,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
