import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PENDING_REASONS } from '../../lib/arrow/schemas.ts';
import { drawnHistory } from '../support/history-drops.ts';
import { checkHistory, HISTORIES } from '../support/history-laws.ts';

describe('whole nights over drawn histories', { timeout: 600_000 }, () => {
  it(`${HISTORIES}: nightly = ranges = other shards and files; every row and every cent is accounted for once`, async () => {
    const seen = new Map<string, number>();
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(drawnHistory, async (history) => {
        for (const what of await checkHistory(history)) seen.set(what, (seen.get(what) ?? 0) + 1);
        ran++;
      }),
      { seed: Number(process.env['PERENNIAL_SEED'] ?? 7), numRuns: HISTORIES },
    );
    expect(ran).toBeGreaterThanOrEqual(HISTORIES);
    // A history that lacks what it should show proves nothing.
    const wanted = [
      'CONFLICT',
      'ORPHAN',
      'EXCESS_REFUND',
      'UNCOVERED_REFUND',
      'FUTURE_EVENT',
      'INVALID_AMOUNT',
      'duplicates',
      'restated',
    ];
    const missing: string[] = [];
    for (const what of [...wanted, ...PENDING_REASONS.map((reason) => `pending ${reason}`)]) {
      if (!seen.has(what)) missing.push(what);
    }
    if (HISTORIES >= 64) {
      expect(missing).toEqual([]);
      expect(seen.get('money told by the rows')).toBeGreaterThan(HISTORIES / 5);
    }
    process.stdout.write(`${ran} histories held; of ${seen.get('money told by the rows') ?? 0} the rows alone tell the money.\n`);
  });
});
