import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    reporters: ['default', './.ci/budget-reporter.ts'],
    globalSetup: ['schemas/src/testing/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Server zone must not matter: the suite runs far away from Shanghai.
    env: { TZ: 'America/New_York' },
  },
});
