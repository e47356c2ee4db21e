import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Minutes each, though their files are short: begun last, they would run on one core alone. */
const LONGEST = /test\/jobs\/(?:simulation|simulation-even|fault-points|crash-points)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/announce-skips.ts'],
  },
});
