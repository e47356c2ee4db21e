import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These need a browser: npm run test:e2e.
    exclude: ['test/e2e/**', '**/node_modules/**'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // The suite is bound by its CPU: the default leaves one core of two idle.
    maxWorkers: '100%',
    globalSetup: ['test/announce-skips.ts'],
  },
});
