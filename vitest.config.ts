import { defineConfig } from 'vitest/config';

/** One project per folder of `test`; only projects include files, so that nothing runs twice. */
const project = (name: string, timeoutMs: number, isolate = true) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    benchmark: { include: [] },
    isolate,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});

const SECOND_MS = 1000;

/**
 * What `npm test` leaves out and `npm run test:deep` runs: 50,000 histories, 100,000 broken files, a death at every write,
 * a process killed at every kind of place. The variables make it shorter or longer.
 */
const deep = {
  ...project('deep', 86_400 * SECOND_MS),
  test: {
    ...project('deep', 86_400 * SECOND_MS).test,
    include: ['test/deep/**/*.test.ts', 'test/drills/killed-at-random.test.ts', 'test/e2e/nightly-is-range.test.ts'],
    env: {
      PERENNIAL_DEEP: '1',
      PERENNIAL_HISTORIES: process.env['PERENNIAL_HISTORIES'] ?? '50000',
      PERENNIAL_FUZZ_CASES: process.env['PERENNIAL_FUZZ_CASES'] ?? '100000',
    },
  },
};

/** What needs Python and Java beside npm: stores and machine against servers that we did not write. */
const emulators = project('emulators', 300 * SECOND_MS);

/** Rooms whose tests leave no state in a process, or put it back: loading their modules once is a third of the time of all unit tests. */
const STATELESS = '{arrow,bench,book,cli,clv,config,drop,export,generate,ledger,lifecycle,report,rfm,run,segment}';

/** Unit tests: those of the stateless rooms in one process after another file's, the others each in a process of its own. */
const unit = (isStateless: boolean) => {
  const base = project(isStateless ? 'unit-stateless' : 'unit', 20 * SECOND_MS, !isStateless);
  const stateless = `test/unit/${STATELESS}/**/*.test.ts`;
  return {
    ...base,
    test: isStateless ? { ...base.test, include: [stateless] } : { ...base.test, exclude: ['**/node_modules/**', stateless] },
  };
};

/** True when the command line names the project: a plain `vitest run` runs all that are listed. */
const asksFor = (name: string): boolean => process.argv.some((argument) => [name, `--project=${name}`].includes(argument));

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
      unit(false),
      unit(true),
      project('property', 60 * SECOND_MS),
      project('oracle', 90 * SECOND_MS),
      project('golden', 60 * SECOND_MS),
      project('machine', 60 * SECOND_MS),
      // Templates only: loading the CDK once for all its files is half of their time.
      project('infra', 60 * SECOND_MS, false),
      project('drills', 120 * SECOND_MS),
      project('e2e', 180 * SECOND_MS),
      ...(asksFor('deep') ? [deep] : []),
      ...(asksFor('emulators') ? [emulators] : []),
    ],
  },
});
