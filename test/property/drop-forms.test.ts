import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allForms, type TextRows } from '../support/drop-forms.ts';
import { readText } from '../support/drop-reading.ts';

const NAMES = ['transaction_id', 'customer_id', 'occurred_at', 'amount', 'currency', 'type', 'channel', 'ignored'];

const id = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'é', '7', ' ', ',', '"', "'", '\n', '\\', '😀', '\t', '\u007f'),
    minLength: 1,
    maxLength: 6,
  }),
  fc.constant(null),
);
const row = fc.tuple(
  id,
  id,
  fc.constantFrom('2024-03-05', '2024-03-05T14:30:00Z', '2024-03-05T14:30', '2023-02-29', 'x', null),
  fc.constantFrom('1', '0.10', '-1', '1e3', '90071992547409.92', null),
  fc.constantFrom('USD', 'JPY', 'usd', null),
  fc.constantFrom('sale', 'refund', 'void', 'Sale'),
  id,
  id,
);
/** The first column of every row is there, so that no row of a CSV is an empty line. */
const table = fc.array(row, { minLength: 1, maxLength: 12 }).map((rows): TextRows => ({ names: NAMES, rows }));

describe('openRecords', () => {
  it('finds the same rows and refuses the same ones in every form', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 200 }), async (rows, cuts) => {
        const found = new Map<string, unknown>();
        for (const [ending, bytes] of await allForms(rows)) {
          const name = `orders.${ending}`;
          const { refused, shards, ...counts } = await readText(bytes, { name, cuts });
          const columns = shards.map((shard) => ({ ...shard, line: [] }));
          found.set(ending, {
            counts: { ...counts, first: undefined },
            columns,
            refused: refused.map(({ rule, message }) => [rule, message]),
          });
          expect(counts.rows).toBe(rows.rows.length);
        }
        const csv = found.get('csv');
        for (const [ending, one] of found) expect([ending, one]).toEqual([ending, csv]);
      }),
      { numRuns: 40 },
    );
  });
});
