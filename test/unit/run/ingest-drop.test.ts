import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CUSTOMER_LEDGER, ERASURE_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, RATES } from '../../../lib/arrow/schemas.ts';
import { decodeFeedTable } from '../../../lib/ledger/feed-table.ts';
import { decodeLedger } from '../../../lib/ledger/ledger-file.ts';
import { erasureSecret } from '../../../lib/run/erasure-secret.ts';
import type { MemoryStore } from '../../support/memory-store.ts';
import { dropsOf, type PlannedRun, planDrops } from '../../support/planned-run.ts';

const D = 'dt=2024-03-05';
const night = { from: '2024-03-05', to: '2024-03-05' };
const DROP = {
  [`${D}/_SUCCESS`]: '',
  [`${D}/transactions/a.csv`]:
    'transaction_id,customer_id,occurred_at,amount,currency,type,channel\n' +
    't1,c1,2024-03-05T10:00:00Z,5.00,USD,sale,web\nt2,c2,2024-03-04,700,JPY,sale,\nt3,c3,2024-03-06,1,USD,sale,\nt4,c3,x,1,USD,sale,\n',
  [`${D}/interactions/a.jsonl`]: '{"interaction_id":"i1","customer_id":"c1","occurred_at":"2024-03-05","kind":"visit"}\n',
  [`${D}/customers/a.csv`]: 'customer_id,email,country\nc1,ann@example.com,DE\nc2,,\nc3,joe@example.com,Nowhere\n',
  [`${D}/rates/a.csv`]: 'date,currency,rate\n2024-03-04,JPY,0.0067\n',
  [`${D}/erasures/a.csv`]: 'customer_id,requested_at\nc9,2024-03-05\nc8,soon\n',
};

const linesOf = (lake: MemoryStore, key: string) =>
  gunzipSync(lake.peek(key))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('ingestDrop', () => {
  it('takes every feed to its ledger and counts each row once', async () => {
    const { lake, ingest } = await planDrops(await dropsOf(DROP), night, { shards: 2 });
    const sources = Object.fromEntries((await ingest()).map((source) => [source.feed, source]));
    const { transactions, interactions, customers, rates, erasures } = sources;
    if (!transactions || !interactions || !customers || !rates || !erasures) throw new Error('a feed is missing');
    expect(Object.values(sources).map(({ feed, rows, accepted, malformed }) => [feed, rows, accepted, malformed])).toEqual([
      ['customers', 3, 2, 1],
      ['erasures', 2, 1, 1],
      ['interactions', 1, 1, 0],
      ['rates', 1, 1, 0],
      ['transactions', 4, 3, 1],
    ]);
    const read = <T>(files: readonly { key: string }[], decode: (bytes: Uint8Array, key: string) => T) =>
      files.map(({ key }) => decode(lake.peek(key), key));
    const rowsIn = (tables: readonly { rows: number }[]) => tables.reduce((sum, { rows }) => sum + rows, 0);
    expect(rowsIn(read(transactions.files, decodeLedger))).toBe(3);
    expect(rowsIn(read(interactions.files, (bytes, key) => decodeFeedTable(INTERACTION_LEDGER, bytes, key)))).toBe(1);
    expect(rowsIn(read(customers.files, (bytes, key) => decodeFeedTable(CUSTOMER_LEDGER, bytes, key)))).toBe(2);
    expect(rowsIn(read(customers.identifiers, (bytes, key) => decodeFeedTable(IDENTIFIER_LEDGER, bytes, key)))).toBe(2);
    expect(rowsIn(read([{ key: rates.shared }], (bytes, key) => decodeFeedTable(RATES, bytes, key)))).toBe(1);
    expect(rowsIn(read([{ key: erasures.shared }], (bytes, key) => decodeFeedTable(ERASURE_LEDGER, bytes, key)))).toBe(1);
    for (const { key } of customers.identifiers) expect(key).toMatch(/^pii\//);
    expect(erasures.shared).toMatch(/^erasures\/known=2024-03-05\//);
  });

  it('tells what the checks of data quality ask for', async () => {
    const { ingest } = await planDrops(await dropsOf(DROP), night);
    const facts = Object.fromEntries((await ingest()).map((source) => [source.feed, source.facts]));
    expect(facts['transactions']).toMatchObject({ late: 1, future: 1, newestDay: '2024-03-06', rules: { INVALID_DATE: 1 } });
    expect(facts['transactions']?.empty).toMatchObject({ channel: 2, cost: 3, original_transaction_id: 3 });
    expect(facts['customers']).toMatchObject({ late: 0, newestDay: '', rules: { UNKNOWN_COUNTRY: 1 } });
    expect(facts['customers']?.empty).toMatchObject({ email: 1, country: 1, phone: 2 });
    expect(facts['interactions']).toMatchObject({ newestDay: '2024-03-05', empty: { score: 1, channel: 1 } });
    expect(facts['rates']).toMatchObject({ newestDay: '2024-03-04', late: 0 });
  });

  it('keeps refused rows with all that a retry needs, those of customers and erasures below pii/', async () => {
    const { lake, ingest } = await planDrops(await dropsOf(DROP), night);
    const keys = Object.fromEntries((await ingest()).map((source) => [source.feed, source.quarantine]));
    expect(keys).toMatchObject({ interactions: '', rates: '' });
    expect(keys['transactions']).toMatch(/^quarantine\/known=2024-03-05\//);
    expect(linesOf(lake, keys['transactions'] as string)).toMatchObject([
      {
        feed: 'transactions',
        file: `${D}/transactions/a.csv`,
        line: 5,
        rule: 'INVALID_DATE',
        raw: 't4,c3,x,1,USD,sale,',
        header: 'transaction_id,customer_id,occurred_at,amount,currency,type,channel',
      },
    ]);
    for (const feed of ['customers', 'erasures']) expect(keys[feed]).toMatch(/^pii\/quarantine\/known=2024-03-05\//);
    expect(linesOf(lake, keys['customers'] as string)).toMatchObject([{ feed: 'customers', raw: 'c3,joe@example.com,Nowhere' }]);
  });

  it('writes the same bytes for the same file, and no identifier outside pii/', async () => {
    const runs = [await planDrops(await dropsOf(DROP), night), await planDrops(await dropsOf(DROP), night)];
    // The secret is made at random: the same one here.
    await runs[1]?.lake.create('erasures/secret.json', await makeSecret(runs[0] as PlannedRun));
    for (const { ingest } of runs) await ingest();
    const [first, second] = runs.map(({ lake }) => lake) as [MemoryStore, MemoryStore];
    expect(second.keys()).toEqual(first.keys());
    for (const key of first.keys()) {
      // the plan of each run tells the tags of its own store
      if (key.startsWith('runs/')) continue;
      expect([key, Buffer.compare(first.peek(key), second.peek(key))]).toEqual([key, 0]);
      if (key.startsWith('pii/')) continue;
      const bytes = Buffer.from(first.peek(key));
      const plain = key.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      expect([key, plain.includes('example.com')]).toEqual([key, false]);
    }
  });

  it('refuses a file that changed after it was pinned', async () => {
    const drops = await dropsOf(DROP);
    const { ingest } = await planDrops(drops, night);
    const key = `${D}/rates/a.csv`;
    await drops.replace(key, Buffer.from('date,currency,rate\n2024-03-04,JPY,0.0068\n'), (await drops.stat(key))?.etag ?? null);
    await expect(ingest()).rejects.toThrow('changed since it was pinned');
  });
});

async function makeSecret({ deps, lake }: PlannedRun): Promise<Uint8Array> {
  await erasureSecret(deps);
  return lake.peek('erasures/secret.json');
}
