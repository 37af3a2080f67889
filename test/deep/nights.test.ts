import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnHistory } from '../support/history-drops.ts';
import { checkHistory, HISTORIES } from '../support/history-laws.ts';

/** Histories of one seed: what is printed together, and what is drawn again when one fails. */
const PART = 250;

describe('whole nights over many drawn histories', () => {
  it(`${HISTORIES}: nightly = ranges = other shards and files; every row and every cent is accounted for once`, async () => {
    let ran = 0;
    for (let seed = 1000; ran < HISTORIES; seed++) {
      const numRuns = Math.min(PART, HISTORIES - ran);
      await fc.assert(
        fc.asyncProperty(drawnHistory, async (history) => void (await checkHistory(history))),
        { seed, numRuns },
      );
      ran += numRuns;
      process.stdout.write(`${ran} of ${HISTORIES} histories held (seed ${seed}).\n`);
    }
    expect(ran).toBe(HISTORIES);
  });
});
