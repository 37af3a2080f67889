import { defineConfig } from 'vitest/config';

/** One project per folder of `test`; only projects include files, so that nothing runs twice. */
const project = (name: string, timeoutMs: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    benchmark: { include: [] },
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});

const SECOND_MS = 1000;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default'],
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'infra/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportsDirectory: 'coverage',
    },
    projects: [
      project('unit', 20 * SECOND_MS),
      project('property', 60 * SECOND_MS),
      project('golden', 60 * SECOND_MS),
      project('machine', 60 * SECOND_MS),
      project('infra', 60 * SECOND_MS),
      project('drills', 120 * SECOND_MS),
      project('e2e', 180 * SECOND_MS),
    ],
  },
});
