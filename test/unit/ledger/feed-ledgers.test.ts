import { describe, expect, it } from 'vitest';
import { byteColumnOf, NO_CODE, NO_INT, textAt } from '../../../lib/arrow/columns.ts';
import { CUSTOMER_LEDGER, ERASURE_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, RATES } from '../../../lib/arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable } from '../../../lib/ledger/feed-table.ts';

const joined = (chunks: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));
const lines = Uint32Array.of(2, 3);

describe('the ledgers of the feeds', () => {
  it('carry interactions, a missing score and channel as null', () => {
    const columns = {
      interaction_id: byteColumnOf(['i1', 'i2']),
      customer_id: byteColumnOf(['a', 'é']),
      occurred_at: Float64Array.of(5, -7),
      business_day: Int32Array.of(0, -1),
      kind: Uint8Array.of(1, 7),
      score: Float64Array.of(4.5, Number.NaN),
      channel: byteColumnOf(['web', '']),
      source_line: lines,
    };
    const read = decodeFeedTable(
      INTERACTION_LEDGER,
      joined(encodeFeedTable(INTERACTION_LEDGER, { rows: 2, columns }, 'dt=D/interactions/a.csv')),
      'x',
    );
    expect([read.rows, read.source]).toEqual([2, 'dt=D/interactions/a.csv']);
    expect([...read.columns.score]).toEqual([4.5, Number.NaN]);
    expect([...read.columns.kind]).toEqual([1, 7]);
    expect(textAt(read.columns.customer_id, 1)).toBe('é');
  });

  it('carry customers with the columns that their file has', () => {
    const none = Uint8Array.of(NO_CODE, NO_CODE);
    const columns = {
      customer_id: byteColumnOf(['a', 'b']),
      updated_at: Float64Array.of(Number.NaN, 9),
      signed_up_at: Float64Array.of(Number.NaN, 3),
      signed_up_on: Int32Array.of(NO_INT, 0),
      country: byteColumnOf(['', 'DE']),
      consent_email: Uint8Array.of(1, 0),
      consent_sms: none,
      consent_ads: none,
      has_email: Uint8Array.of(0, 1),
      has_phone: none,
      source_line: lines,
    };
    const read = decodeFeedTable(
      CUSTOMER_LEDGER,
      joined(encodeFeedTable(CUSTOMER_LEDGER, { rows: 2, columns }, 's', ['country', 'has_email'])),
      'x',
    );
    expect([...read.present]).toEqual(['country', 'has_email']);
    expect([...read.columns.updated_at]).toEqual([Number.NaN, 9]);
    expect([...read.columns.signed_up_on]).toEqual([NO_INT, 0]);
    expect([...read.columns.consent_sms]).toEqual([NO_CODE, NO_CODE]);
  });

  it('carry identifiers', () => {
    const empty = byteColumnOf(['', '']);
    const columns = {
      customer_id: byteColumnOf(['a', 'b']),
      updated_at: Float64Array.of(Number.NaN, 9),
      email: byteColumnOf(['a@example.com', '']),
      phone: empty,
      first_name: empty,
      last_name: empty,
      city: empty,
      state: empty,
      country: empty,
      zip: empty,
      date_of_birth: empty,
      gender: empty,
      source_line: lines,
    };
    const read = decodeFeedTable(
      IDENTIFIER_LEDGER,
      joined(encodeFeedTable(IDENTIFIER_LEDGER, { rows: 2, columns }, 's', [])),
      'x',
    );
    expect([textAt(read.columns.email, 0), textAt(read.columns.email, 1)]).toEqual(['a@example.com', '']);
    expect(read.present.size).toBe(0);
  });

  it('carry rates as decimal texts and erasures as hashes', () => {
    const rates = {
      rate_on: Int32Array.of(1, 2),
      currency: byteColumnOf(['EUR', 'JPY']),
      rate: byteColumnOf(['1.08', '0.000000000001']),
      source_line: lines,
    };
    const readRates = decodeFeedTable(RATES, joined(encodeFeedTable(RATES, { rows: 2, columns: rates }, 's')), 'x');
    expect(textAt(readRates.columns.rate, 1)).toBe('0.000000000001');
    const erasures = {
      customer_key: byteColumnOf(['00ff', 'ff00']),
      bucket: Uint32Array.of(65_535, 0),
      requested_at: Float64Array.of(1, 2),
      source_line: lines,
    };
    const readErasures = decodeFeedTable(
      ERASURE_LEDGER,
      joined(encodeFeedTable(ERASURE_LEDGER, { rows: 2, columns: erasures }, 's')),
      'x',
    );
    expect([...readErasures.columns.bucket]).toEqual([65_535, 0]);
    expect(readErasures.source).toBe('s');
  });
});
