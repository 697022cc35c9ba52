import { defineConfig } from 'vitest/config';

// Most tests measure real processes: on a two-core machine those must not run side by side.
export default defineConfig({
  test: {
    // CI adds the results of its test runs up (scripts/count.mjs).
    reporters: process.env['TEST_RESULTS']
      ? ['default', ['json', { outputFile: process.env['TEST_RESULTS'] }]]
      : ['default'],
    // Of two cores Vitest would leave one idle.
    ...(process.env['npm_lifecycle_event'] === 'test:emulated'
      ? { fileParallelism: true, maxWorkers: 2 }
      : { fileParallelism: false }),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/fixtures/laws.ts'],
        },
      },
      { extends: true, test: { name: 'integration', include: ['test/integration/**/*.test.ts'] } },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/*.test.ts'] } },
      // Nothing is timed there, so these may run side by side: `npm run test:emulated`.
      { extends: true, test: { name: 'emulated', include: ['test/e2e/emulated/*.test.ts'] } },
    ],
  },
});
