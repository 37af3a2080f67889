import { describe, expect, it } from 'vitest';
import { COVERED_MODELS, coverageOf, describeCoverage, overallCoverage } from '../support/coverage.ts';

/** The first ten of the 200 populations of test/deep/coverage.test.ts. */
const POPULATIONS = 10;
const BUYERS = 5000;

describe('95 % intervals of the parameters, over ten populations', () => {
  it.each(COVERED_MODELS)('hold the truth as often as they say: %s', (model) => {
    const coverage = coverageOf(model, POPULATIONS, BUYERS);
    expect(coverage.refused, `${describeCoverage(coverage)}`).toEqual([]);
    // right standard errors leave out 2 of 40 intervals, more than 7 about once in a thousand draws; errors half as large would leave out 13
    expect(overallCoverage(coverage), `${describeCoverage(coverage)}`).toBeGreaterThanOrEqual(0.825);
  });
});
