import { describe, expect, it } from 'vitest';
import { readErasures } from '../../../../lib/drop/feeds/erasures.ts';
import { customerBucket, customerKey } from '../../../../lib/ledger/customer-key.ts';
import { sourceOf } from '../../../support/drop-reading.ts';
import { feedOptions, keepRefused, rowsOfTable } from '../../../support/feed-reading.ts';

const secret = new Uint8Array(32).fill(1);

async function read(text: string, timeZone = 'UTC') {
  const { refused, sink } = keepRefused();
  const options = { ...feedOptions('erasures', { timeZone }), secret };
  const result = await readErasures(sourceOf('e.csv', `customer_id,requested_at\n${text}`), options, sink);
  return { ...result, refused };
}

describe('readErasures', () => {
  it('keeps a keyed hash instead of the id', async () => {
    const { table, accepted } = await read('customer-4711,2024-03-05T10:00:00Z\n');
    const id = Buffer.from('customer-4711');
    expect(accepted).toBe(1);
    expect(rowsOfTable(table)).toEqual([
      {
        customer_key: customerKey(secret, id, 0, id.length),
        bucket: customerBucket(id, 0, id.length),
        requested_at: Date.UTC(2024, 2, 5, 10),
        source_line: 2,
      },
    ]);
  });

  it('takes a date alone as the end of that business day, on a day of 23 hours too', async () => {
    const { table } = await read('a,2024-03-10\n', 'America/New_York');
    expect([...table.columns.requested_at]).toEqual([Date.UTC(2024, 2, 11, 4) - 1]);
  });

  it('quotes no value of a refused row in its message', async () => {
    const { refused } = await read('customer-4711,soon\n,2024-03-05\n"jane@example.com\u0001",2024-03-05\n');
    expect(refused.map(({ rule }) => rule)).toEqual(['INVALID_DATE', 'MISSING_VALUE', 'CONTROL_CHARACTER']);
    expect(refused[0]?.message).toBe(
      'requested_at of 4 bytes (not shown): expected ISO 8601 such as 2024-03-05T14:30:00+08:00 or 2024-03-05',
    );
    for (const { message } of refused) expect(message).not.toMatch(/4711|soon|jane/);
  });
});
