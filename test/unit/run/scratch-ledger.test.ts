import { describe, expect, it } from 'vitest';
import { buyerRows } from '../../../lib/book/buyer-rows.ts';
import type { ShardBook } from '../../../lib/book/shard-book.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { DataQualityGateError, DropNotReadyError, InvalidDropError, UsageError } from '../../../lib/errors.ts';
import { knownBooks } from '../../../lib/run/known-books.ts';
import {
  leftOutOf,
  type ScratchLedger,
  scratchBooks,
  scratchDeps,
  settleDropDates,
  takeDrops,
} from '../../../lib/run/scratch-ledger.ts';
import type { ObjectStore } from '../../../lib/store/objects.ts';
import { type BusinessDate, dayOf } from '../../../lib/time.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { plainDays, salesFile, salesOf } from '../../support/plain-drops.ts';
import { dropsOf } from '../../support/planned-run.ts';
import { emptyPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

const FIRST = '2025-01-03' as BusinessDate;

/** Reads drops up to a date into a lake in memory. */
async function take(drops: ObjectStore, date: string | undefined, config: object = {}, shards?: number) {
  const dates = await settleDropDates(drops, date as BusinessDate | undefined);
  const lake = new MemoryStore('memory:scratch');
  const deps = scratchDeps(lake, () => drops);
  const request = { ...dates, shards: shards ?? dates.shards, dropsUrl: drops.url, config: parseConfig(config, 'test') };
  const ledger = await takeDrops(deps, request, { signal: new AbortController().signal, onBatch: () => {} });
  return { deps, lake, ledger, dates };
}

/** The buyers of some books, each as a line, ascending. */
async function buyersOf(books: AsyncIterable<ShardBook>, date: BusinessDate): Promise<string[]> {
  const lines: string[] = [];
  for await (const book of books) {
    const columns = Object.values(buyerRows(book, dayOf(date))) as ArrayLike<number>[];
    const rows = columns[0]?.length ?? 0;
    for (let row = 0; row < rows; row++) lines.push(columns.map((values) => values[row]).join(' '));
  }
  return lines.sort();
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const rowsOf = ({ sources }: ScratchLedger) => sum(sources.map(({ rows }) => rows));

describe('takeDrops', () => {
  it('tells the buyers of every date as a run of the same drops does, whatever the shards, and copies no identifiers', async () => {
    const places = emptyPlaces(await smallShopDrops());
    const deps = memoryDeps(places, SMALL_SHOP_CONFIG);
    await runInMemory({ from: FIRST, to: '2025-01-08', dropsUrl: places.drops.url }, deps);
    for (const [date, shards] of [
      ['2025-01-05', 1],
      ['2025-01-08', 3],
    ] as const) {
      const own = await take(places.drops, date, SMALL_SHOP_CONFIG, shards);
      const buyers = await buyersOf(scratchBooks(own.deps, own.ledger, {}), own.dates.to);
      const known = await knownBooks(deps, own.dates.to);
      // Who is erased on the last night counts on the night before as far as drops of that night tell.
      const erasedSince = date === '2025-01-05' ? 1 : 0;
      const expected = await buyersOf(known.books(), own.dates.to);
      expect(buyers).toHaveLength(expected.length + erasedSince);
      expect(buyers).toEqual(expect.arrayContaining(expected));
      expect(own.lake.keys().filter((key) => key.startsWith('pii/') || key.includes('/books/'))).toEqual([]);
    }
  });

  it('counts the rows that it leaves out, with the first of them, and names files that it does not read', async () => {
    const days = plainDays('2025-03-01', [20, 20]);
    const drops = await dropsOf({
      ...days,
      [salesOf('2025-03-02')]: salesFile('2025-03-02', 20, 1),
      'dt=2025-03-02/products/p.csv': 'x',
      ...plainDays('2025-03-03', [20]),
    });
    const { deps, ledger } = await take(drops, '2025-03-02', { gates: { maxMalformedShare: 0.1 } });
    expect(rowsOf(ledger)).toBe(40);
    const left = await leftOutOf(deps, ledger);
    expect(left).toMatchObject({ refused: 1, rows: 40 });
    expect(left.first).toMatch(/^ The first: memory:drops\/dt=2025-03-02\/transactions\/sales.csv line 21: .*ten.*\.$/);
    expect(left.remarks.map(({ key }) => key)).toEqual(['dt=2025-03-02/products/p.csv']);
  });

  it('refuses what a run would hold or refuse, with the row that shows why', async () => {
    const drops = await dropsOf({ ...plainDays('2025-03-01', [1]), [salesOf('2025-03-01')]: salesFile('2025-03-01', 10, 4) });
    const held = take(drops, undefined);
    await expect(held).rejects.toThrow(DataQualityGateError);
    await expect(held).rejects.toThrow(
      /^Drop 2025-03-01: 4 of 10 rows \(40\.0 %\) could not be read, expected at most .*line 8:/,
    );
    const none = await dropsOf({ ...plainDays('2025-03-01', [1]), [salesOf('2025-03-01')]: salesFile('2025-03-01', 2, 2) });
    await expect(take(none, undefined)).rejects.toThrow(InvalidDropError);
    await expect(take(none, undefined)).rejects.toThrow('none of 2 rows was accepted');
    const empty = await dropsOf({ ...plainDays('2025-03-01', [1]), [salesOf('2025-03-01')]: '' });
    await expect(take(empty, undefined)).rejects.toThrow(/: 0 bytes, expected a header/);
  });
});

describe('settleDropDates', () => {
  const settle = async (files: Record<string, string>, date?: string) =>
    settleDropDates(await dropsOf(files), date as BusinessDate | undefined);

  it('reads from the first folder to the date, the newest unless told, and names the days between that have none', async () => {
    const files = { ...plainDays('2025-03-01', [1, 1]), ...plainDays('2025-03-05', [1, 1]) };
    const dates = { from: '2025-03-01', shards: 1 };
    expect(await settle(files)).toEqual({ ...dates, to: '2025-03-06', missing: ['2025-03-03', '2025-03-04'] });
    expect(await settle(files, '2025-03-04')).toEqual({ ...dates, to: '2025-03-04', missing: ['2025-03-03', '2025-03-04'] });
  });

  it('refuses a folder without drops, a date outside of them, and a drop that is not complete', async () => {
    const files = plainDays('2025-03-01', [1, 1]);
    await expect(settle({ 'sales.csv': 'x' })).rejects.toThrow(UsageError);
    for (const date of ['2025-02-28', '2025-03-03']) {
      await expect(settle(files, date)).rejects.toThrow(
        `Date ${date}: no drop of it in memory:drops, expected 2025-03-01 to 2025-03-02`,
      );
    }
    const { 'dt=2025-03-01/_SUCCESS': _, ...unready } = files;
    await expect(settle(unready)).rejects.toThrow(DropNotReadyError);
    await expect(settle(unready)).rejects.toThrow('Drop 2025-03-01: no marker');
  });
});
