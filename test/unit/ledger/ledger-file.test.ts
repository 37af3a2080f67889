import { describe, expect, it } from 'vitest';
import { textAt } from '../../../lib/arrow/columns.ts';
import { decodeLedger, encodeLedger } from '../../../lib/ledger/ledger-file.ts';
import { readText } from '../../support/drop-reading.ts';

describe('encodeLedger and decodeLedger', () => {
  it('carry the rows of a drop with the place that they came from', async () => {
    const { first } = await readText(
      'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id,cost\n' +
        '1,é客,2024-01-02T03:04:05Z,12.34,USD,sale,,5.00\n' +
        '2,"a,b",2024-01-03,7,USD,refund,1,\n',
    );
    const bytes = Buffer.concat(encodeLedger(first, 'drops/x.csv', 'USD'));
    const { rows, columns: c, sourceOf } = decodeLedger(new Uint8Array(bytes), 'ledger.arrow');
    expect([rows, sourceOf(0), sourceOf(1)]).toEqual([2, 'drops/x.csv', 'drops/x.csv']);
    expect([0, 1].map((row) => textAt(c.customer_id, row))).toEqual(['é客', 'a,b']);
    expect([0, 1].map((row) => textAt(c.original_transaction_id, row))).toEqual(['', '1']);
    expect([...c.amount_minor]).toEqual([1234, 700]);
    expect([...c.cost_minor]).toEqual([500, Number.NaN]);
    expect([...c.type]).toEqual([0, 1]);
    expect([...c.date_only]).toEqual([0, 1]);
    expect([...c.source_line]).toEqual([2, 3]);
    expect([...c.occurred_at]).toEqual([Date.UTC(2024, 0, 2, 3, 4, 5), Date.UTC(2024, 0, 3)]);
    expect([...c.business_day]).toEqual([19_724, 19_725]);
  });
});
