import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { beforeAll, describe, expect, it } from 'vitest';
import { FEED_COLUMNS, mappings } from '../../lib/config/mapping.ts';
import { readCustomers } from '../../lib/drop/feeds/customers.ts';
import { readErasures } from '../../lib/drop/feeds/erasures.ts';
import { readInteractions } from '../../lib/drop/feeds/interactions.ts';
import { readRates } from '../../lib/drop/feeds/rates.ts';
import { readTransactions } from '../../lib/drop/read-transactions.ts';
import type { QuarantinedRow } from '../../lib/drop/row-rules.ts';
import { InvalidDropError } from '../../lib/errors.ts';
import { FEEDS, type Feed } from '../../lib/keys.ts';
import { businessClock } from '../../lib/time.ts';
import { parquetOf, type TextRows, toArrow, toCsv, toJsonLines, toParquet } from '../support/drop-forms.ts';
import { sourceOf } from '../support/drop-reading.ts';

const CASES = Number(process.env['PERENNIAL_FUZZ_CASES'] ?? 2000);
const SEED = Number(process.env['PERENNIAL_FUZZ_SEED'] ?? 1);
const ROWS = 24;
const SECOND_MS = 1000;
/** No mutated file of a few kilobytes may take longer: one may promise a million rows, which are refused for some seconds up to the bound. */
const LIMIT_MS = 30 * SECOND_MS;
/** What the process may grow by: readers keep nothing, and limits stand before every promise of a file. */
const GROWTH_BYTES = 768 * 1024 * 1024;

const VALUES: Record<string, readonly string[]> = {
  occurred_at: ['2024-03-05T14:30:00+08:00', '2024-02-29', '2024-03-10T02:30'],
  updated_at: ['2024-03-05T14:30:00Z', ''],
  signed_up_at: ['2024-01-01', ''],
  requested_at: ['2024-03-05', '2024-03-05T10:00:00Z'],
  date: ['2024-03-05', '2024-03-06'],
  amount: ['12.50', '0', '1999.99'],
  currency: ['USD', 'EUR', 'JPY'],
  type: ['sale', 'refund', 'void'],
  kind: ['visit', 'signup', 'complaint'],
  score: ['4.5', '', '1'],
  rate: ['1.0825', '0.0071'],
  country: ['CN', 'de', ''],
  email: ['Ä.b@example.com', 'x@y.z', ''],
  cost: ['1.25', ''],
  margin: ['', '-1'],
};

/** Parts that are put in anywhere: what breaks parsers. */
const PARTS = [
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '\r',
  '\u0000',
  '\uFEFF',
  '{',
  '}',
  '[',
  ']',
  ':',
  '\\',
  '\\u0000',
  '\\ud800',
  'null',
  'true',
  '1e999',
  '-',
  '../',
  'é',
  '\u001a',
  '2023-02-29',
  '-0',
  'NaN',
  '99999999999999999999',
];

interface Base {
  readonly feed: Feed;
  readonly ending: string;
  readonly bytes: Uint8Array;
}

function rowsOf(feed: Feed): TextRows {
  const names = FEED_COLUMNS[feed].columns;
  const cell = (name: string, row: number) => {
    const values = VALUES[name];
    if (values !== undefined) return values[row % values.length] as string;
    return name.startsWith('consent') ? ['true', 'false', ''][row % 3] : `${name.slice(0, 2)}${row % 9}`;
  };
  return { names, rows: Array.from({ length: ROWS }, (_, row) => names.map((name) => cell(name, row) || null)) };
}

async function basesOf(feed: Feed): Promise<Base[]> {
  const rows = rowsOf(feed);
  const [csv, jsonl] = [toCsv(rows), toJsonLines(rows)];
  const files: [string, Uint8Array][] = [
    ['csv', csv],
    ['csv.gz', gzipSync(csv)],
    ['csv.zst', zstdCompressSync(csv)],
    ['jsonl', jsonl],
    ['jsonl.gz', gzipSync(jsonl)],
    ['parquet', await toParquet(rows, 'COMPRESSION uncompressed')],
    ['parquet', await toParquet(rows, 'COMPRESSION snappy, PARQUET_VERSION V2')],
    ['parquet', await toParquet(rows, 'COMPRESSION zstd')],
    ['arrow', toArrow(rows)],
    ['arrow', toArrow(rows, 'stream')],
  ];
  if (feed === 'transactions') {
    const typed = `SELECT 't' || i AS transaction_id, i AS customer_id, TIMESTAMPTZ '2024-03-05 00:00:00Z' + INTERVAL 1 SECOND * i AS occurred_at,
      CAST(i / 100 AS DECIMAL(18, 2)) AS amount, 'USD' AS currency, 'sale' AS type, CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS cost FROM range(${ROWS}) t(i)`;
    for (const options of ['COMPRESSION uncompressed', 'COMPRESSION snappy, PARQUET_VERSION V2']) {
      files.push(['parquet', await parquetOf(typed, options)]);
    }
    const dictionary = vectorFromArray(['USD', 'EUR']);
    const columns = rows.names.map((name, at) => [
      name,
      name === 'currency'
        ? dictionary
        : vectorFromArray(
            rows.rows.slice(0, 2).map((row) => row[at] ?? null),
            new Utf8(),
          ),
    ]);
    files.push(['arrow', tableToIPC(new Table(Object.fromEntries(columns)), 'stream')]);
  }
  return files.map(([ending, bytes]) => ({ feed, ending, bytes }));
}

/** Counts of a file that was read. */
interface Counts {
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
}

const options = {
  mapping: mappings.parse({}),
  currency: 'USD',
  timeZoneClock: businessClock('America/New_York'),
  shards: 3,
  shardOf: (_: Uint8Array, start: number, end: number) => (end - start) % 3,
  secret: Buffer.alloc(32, 7),
};

async function read(feed: Feed, ending: string, bytes: Uint8Array, cuts: number, refused: QuarantinedRow[]): Promise<Counts> {
  const source = sourceOf(`a.${ending}`, bytes, cuts);
  const sink = { quarantine: (row: QuarantinedRow) => refused.push(row) };
  const { mapping, ...rest } = options;
  if (feed === 'transactions') return readTransactions(source, { ...rest, mapping: mapping.transactions }, sink);
  if (feed === 'interactions') return readInteractions(source, { ...rest, mapping: mapping.interactions }, sink);
  if (feed === 'customers') return readCustomers(source, { ...rest, mapping: mapping.customers }, sink);
  if (feed === 'rates') return readRates(source, { ...rest, mapping: mapping.rates }, sink);
  return readErasures(source, { ...rest, mapping: mapping.erasures }, sink);
}

/** Changes a file in one to six places. */
function mutate(bytes: Uint8Array, upTo: (most: number) => number): Buffer {
  let file = Buffer.from(bytes);
  for (let changes = 1 + upTo(5); changes > 0; changes--) {
    const at = upTo(file.length);
    const kind = upTo(9);
    if (kind <= 2 && at < file.length)
      file[at] = kind === 0 ? (file[at] as number) ^ (1 << upTo(7)) : kind === 1 ? upTo(255) : 0xff;
    else if (kind === 3)
      file = Buffer.concat([file.subarray(0, at), Buffer.from(PARTS[upTo(PARTS.length - 1)] as string), file.subarray(at)]);
    else if (kind === 4) file = Buffer.concat([file.subarray(0, at), file.subarray(Math.min(file.length, at + 1 + upTo(40)))]);
    else if (kind === 5) file = Buffer.concat([file.subarray(0, at), file.subarray(upTo(file.length))]);
    else if (kind === 6) file = Buffer.concat([file, file.subarray(at)]);
    else if (kind === 7 && at + 4 <= file.length)
      file.writeUInt32LE([0, 1, 0x7fffffff, 0xffffffff, 0x10000][upTo(4)] as number, at);
    else if (kind === 8 && at + 8 <= file.length) file.writeBigUInt64LE([0n, 1n << 40n, (1n << 63n) - 1n][upTo(2)] as bigint, at);
    else file = file.subarray(0, at);
  }
  return file;
}

describe(`${CASES} mutated drop files (PERENNIAL_FUZZ_CASES)`, () => {
  let bases: Base[];
  beforeAll(async () => {
    bases = [];
    for (const feed of FEEDS) bases.push(...(await basesOf(feed)));
    for (const { feed, ending, bytes } of bases) {
      const { rows, accepted } = await read(feed, ending, bytes, 1000, []);
      expect([feed, ending, rows > 0 && accepted > 0]).toEqual([feed, ending, true]);
    }
  });

  it(
    'are read or refused by one clear error: nothing crashes, hangs or is lost',
    async () => {
      const before = process.memoryUsage().rss;
      let rowsRead = 0;
      let filesRead = 0;
      for (let number = 0; number < CASES; number++) {
        const random = xoroshiro128plus(SEED * 1_000_003 + number);
        const upTo = (most: number) => uniformInt(random, 0, Math.max(0, most));
        const { feed, ending, bytes } = bases[number % bases.length] as Base;
        const file = mutate(bytes, upTo);
        const what = `seed ${SEED} case ${number}: ${feed} .${ending}`;
        const refused: QuarantinedRow[] = [];
        const startedMs = performance.now();
        try {
          const { rows, accepted, malformed, policy } = await read(feed, ending, file, 1 + upTo(400), refused);
          rowsRead += rows;
          filesRead++;
          if (rows !== accepted + refused.length || refused.length !== malformed + policy)
            throw new Error(`${rows} rows, ${accepted} accepted, ${refused.length} refused`);
          if (ending === 'jsonl') {
            const lines = file
              .toString('latin1')
              .replace(/^\xef\xbb\xbf/, '')
              .split('\n')
              .filter((line) => /[^ \t\r]/.test(line));
            if (lines.length !== rows) throw new Error(`${rows} rows of ${lines.length} lines`);
          }
          for (const { message, rule } of refused)
            if (message === '' || /\n/.test(message)) throw new Error(`message of ${rule}: ${message}`);
        } catch (error) {
          if (!(error instanceof InvalidDropError)) throw new Error(what, { cause: error });
          if (!/^File a\..+\.$/.test(error.message) || /\n/.test(error.message)) throw new Error(`${what}: ${error.message}`);
        }
        const tookMs = performance.now() - startedMs;
        if (tookMs > LIMIT_MS) throw new Error(`${what} took ${tookMs} ms`);
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES);
      // A fuzz that only ever meets broken files would prove little.
      console.info(`${CASES} mutated files: ${filesRead} read to their end, ${rowsRead} rows in them.`);
      expect(filesRead).toBeGreaterThan(CASES / 6);
      expect(rowsRead).toBeGreaterThan(CASES);
    },
    30 * 60 * SECOND_MS,
  );
});
