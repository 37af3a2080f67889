import { describe, expect, it } from 'vitest';
import { NO_CODE, NO_INT } from '../../../../lib/arrow/columns.ts';
import { readCustomers } from '../../../../lib/drop/feeds/customers.ts';
import { sourceOf } from '../../../support/drop-reading.ts';
import { feedOptions, keepRefused, rowsOfTable } from '../../../support/feed-reading.ts';

async function read(text: string, name = 'c.csv', options = feedOptions('customers')) {
  const { refused, sink } = keepRefused();
  const result = await readCustomers(sourceOf(name, text), options, sink);
  const [first] = result.shards;
  if (!first) throw new Error('no shard');
  return { ...result, refused, customers: rowsOfTable(first.customers), identifiers: rowsOfTable(first.identifiers) };
}

describe('readCustomers', () => {
  it('parts a row into what the book may know and the identifiers', async () => {
    const { customers, identifiers, present } = await read(
      'customer_id,updated_at,signed_up_at,country,consent_email,consent_sms,email,phone,first_name,zip\n' +
        'a,2024-03-05T10:00:00Z,2024-01-31,de,TRUE,No, Ann@example.com ,,Ann,01067\n' +
        'b,,,,,,,+1 555 0100,,\n',
    );
    expect(customers).toEqual([
      {
        customer_id: 'a',
        updated_at: Date.UTC(2024, 2, 5, 10),
        signed_up_at: Date.UTC(2024, 0, 31),
        signed_up_on: 19_753,
        country: 'DE',
        consent_email: 1,
        consent_sms: 0,
        consent_ads: NO_CODE,
        has_email: 1,
        has_phone: 0,
        source_line: 2,
      },
      {
        customer_id: 'b',
        updated_at: Number.NaN,
        signed_up_at: Number.NaN,
        signed_up_on: NO_INT,
        country: '',
        consent_email: NO_CODE,
        consent_sms: NO_CODE,
        consent_ads: NO_CODE,
        has_email: 0,
        has_phone: 1,
        source_line: 3,
      },
    ]);
    expect(identifiers[0]).toMatchObject({
      customer_id: 'a',
      email: 'Ann@example.com',
      first_name: 'Ann',
      zip: '01067',
      country: 'DE',
    });
    expect(identifiers[1]).toMatchObject({ customer_id: 'b', email: '', phone: '+1 555 0100' });
    expect(present.customers).toEqual([
      'customer_id',
      'updated_at',
      'signed_up_at',
      'signed_up_on',
      'country',
      'consent_email',
      'consent_sms',
      'has_email',
      'has_phone',
    ]);
    expect(present.identifiers).toEqual(['customer_id', 'updated_at', 'email', 'phone', 'first_name', 'country', 'zip']);
  });

  it('knows nothing of an address that the file has no column for', async () => {
    const { customers, present } = await read('{"customer_id":"a","email":"a@example.com"}\n{"customer_id":"b"}\n', 'c.jsonl');
    expect(customers.map(({ has_email, has_phone }) => [has_email, has_phone])).toEqual([
      [1, NO_CODE],
      [0, NO_CODE],
    ]);
    expect(present.customers).toEqual(['customer_id', 'has_email']);
  });

  it('reads every way to write a consent, and consents of JSON', async () => {
    const words = ['true', 'T', '1', 'Yes', 'y', 'false', 'F', '0', 'NO', 'n'];
    const { customers } = await read(`customer_id,consent_ads\n${words.map((word, i) => `c${i},${word}\n`).join('')}`);
    expect(customers.map(({ consent_ads }) => consent_ads)).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
    const json = await read('{"customer_id":"a","consent_ads":true}\n{"customer_id":"b","consent_ads":false}\n', 'c.jsonl');
    expect(json.customers.map(({ consent_ads }) => consent_ads)).toEqual([1, 0]);
  });

  it('refuses rows without ever quoting a value, whatever column an identifier slipped into', async () => {
    const { refused, rows, accepted, malformed } = await read(
      'customer_id,updated_at,country,consent_email,email,phone\n' +
        'a,jane@example.com,,,,\n' +
        'a,,jane@example.com,,,\n' +
        'a,,,jane@example.com,,\n' +
        `a,,,,${'jane'.repeat(70)}@example.com,\n` +
        'a,,,,"jane\u0001@example.com",\n' +
        ',,,,jane@example.com,\n' +
        'a,,,,jane@example.com,1,2,3\n' +
        'a,,,,"jane"@example.com,\n',
    );
    expect(refused.map(({ rule }) => rule)).toEqual([
      'INVALID_DATE',
      'UNKNOWN_COUNTRY',
      'INVALID_FLAG',
      'ID_TOO_LONG',
      'CONTROL_CHARACTER',
      'MISSING_VALUE',
      'FIELD_COUNT',
      'STRAY_QUOTE',
    ]);
    expect([rows, accepted, malformed]).toEqual([8, 0, 8]);
    for (const { message } of refused) expect(message).not.toContain('jane');
    expect(refused[1]?.message).toBe('country of 16 bytes (not shown): expected an ISO 3166-1 code of two letters such as DE');
  });

  it('does not quote JSON that cannot be read, nor a header that is a row', async () => {
    const { refused } = await read(
      '{"customer_id":"a","email":["jane@example.com"]}\n{"customer_id":"a","jane@example.com":1,"jane@example.com":2}\njane@example.com\n',
      'c.jsonl',
    );
    expect(refused.length).toBeGreaterThanOrEqual(2);
    for (const { message } of refused) expect(message).not.toContain('jane');
    await expect(read('a,jane@example.com\nb,joe@example.com\n')).rejects.toThrow('customer_id');
    await expect(read('a,jane@example.com\nb,joe@example.com\n')).rejects.not.toThrow('jane');
  });
});
