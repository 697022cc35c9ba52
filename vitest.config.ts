import { defineConfig } from 'vitest/config';

// Tests that measure real processes must not run side by side on a two-core machine. The others may, and
// do so before; of two cores Vitest would leave one idle.
const SIDE_BY_SIDE = { fileParallelism: true, maxWorkers: 2 };
// A busy neighbour may leave a short gate undecided, which is the right answer there. What never works
// fails three times.
const MEASURING = { fileParallelism: false, retry: 2 };
const COMPILED = { globalSetup: 'test/fixtures/compiled.ts' };

export default defineConfig({
  test: {
    // CI adds the results of its test runs up (scripts/count.mjs).
    reporters: process.env['TEST_RESULTS']
      ? ['default', ['json', { outputFile: process.env['TEST_RESULTS'] }]]
      : ['default'],
    // Many times what a test takes: on a machine with much else to do it must come to its end, too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          ...SIDE_BY_SIDE,
          name: 'unit',
          // No test changes what another imports, and importing all of src for each file takes as long
          // as the tests.
          isolate: false,
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/fixtures/laws.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...SIDE_BY_SIDE,
          ...COMPILED,
          name: 'integration',
          include: ['test/integration/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...MEASURING,
          ...COMPILED,
          name: 'measuring',
          include: ['test/integration/measuring/*.test.ts'],
        },
      },
      { extends: true, test: { ...MEASURING, name: 'e2e', include: ['test/e2e/*.test.ts'] } },
      // What is timed there is told apart beside another test, too.
      {
        extends: true,
        test: {
          ...SIDE_BY_SIDE,
          name: 'side-by-side',
          include: ['test/e2e/side-by-side/*.test.ts'],
        },
      },
    ],
  },
});
