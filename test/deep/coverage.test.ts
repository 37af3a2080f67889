import { describe, expect, it } from 'vitest';
import { COVERED_MODELS, coverageOf, describeCoverage, overallCoverage } from '../support/coverage.ts';

const POPULATIONS = 200;
const BUYERS = 5000;

/** 95 % of 200 is 190 -+ 3.1: 176 and 198 are 4.5 and 2.6 standard deviations away. */
const LEAST = 0.88;
const MOST = 0.99;

/** Refused fits are listed; more than one in twenty would say that the ranges of the parameters are ill chosen. */
const MOST_REFUSED = 0.05;

describe(`95 % intervals of the parameters, over ${POPULATIONS} populations of ${BUYERS} buyers`, () => {
  it.each(COVERED_MODELS)('hold the truth as often as they say: %s', (model) => {
    const coverage = coverageOf(model, POPULATIONS, BUYERS);
    process.stdout.write(`${describeCoverage(coverage)}\n`);
    expect(coverage.refused.length).toBeLessThanOrEqual(MOST_REFUSED * POPULATIONS);
    const shares = Object.entries(coverage.held).map(([name, count]) => [name, count / coverage.fitted] as const);
    for (const [name, share] of [...shares, ['all', overallCoverage(coverage)] as const]) {
      expect(share, `${name} of ${model}`).toBeGreaterThanOrEqual(LEAST);
      expect(share, `${name} of ${model}`).toBeLessThanOrEqual(MOST);
    }
  });
});
