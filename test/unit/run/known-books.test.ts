import { beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../../../lib/arrow/columns.ts';
import type { ShardBook } from '../../../lib/book/shard-book.ts';
import { UsageError } from '../../../lib/errors.ts';
import { knownBooks } from '../../../lib/run/known-books.ts';
import { rollback } from '../../../lib/run/rollback.ts';
import { addDays, type BusinessDate } from '../../../lib/time.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { bookBytes } from '../../support/shard.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

const date = (day: number) => `2025-01-0${day}` as BusinessDate;

/** From night 8 on, a rate of an earlier day may stand for a day without one. */
const configOf = (day: number) => ({ ...SMALL_SHOP_CONFIG, rates: { maxAgeDays: day < 8 ? 0 : 3 } });
const depsOf = (places: MemoryPlaces, day = 8) => memoryDeps(places, configOf(day));

const WAITING = 'transaction_id,customer_id,occurred_at,amount,currency,type\ne3,jo,2025-01-07T09:00:00Z,10.00,EUR,sale\n';

async function run(places: MemoryPlaces, from: number, to: number): Promise<void> {
  await runInMemory({ from: date(from), to: date(to), dropsUrl: places.drops.url }, depsOf(places, to));
}

async function shopPlaces(): Promise<MemoryPlaces> {
  const drops = await smallShopDrops();
  await drops.create(`dt=${date(7)}/transactions/d.csv`, Buffer.from(WAITING));
  return emptyPlaces(drops);
}

/** A home like this one whose books, or those of some nights, are no longer kept, nor what runs left behind of their steps. */
async function without(places: MemoryPlaces, isGone: (key: string) => boolean): Promise<MemoryPlaces> {
  const copy = copyPlaces(places);
  for (const key of copy.lake.keys()) {
    if ((key.includes('/books/') && isGone(key)) || key.startsWith('runs/')) await copy.lake.remove(key);
  }
  return copy;
}

/** Tables of every shard's book of a date, as asked for. */
async function known(places: MemoryPlaces, day: number): Promise<Record<string, Uint8Array>[]> {
  const { books } = await knownBooks(depsOf(places), date(day));
  const tables: Record<string, Uint8Array>[] = [];
  for await (const book of books()) tables.push(bookBytes(book));
  return tables;
}

/** Tables of every shard's book of a date, as the newest run of that date left them. */
function kept({ lake }: MemoryPlaces, day: number): Record<string, Uint8Array>[] {
  const runs = lake.keys().filter((key) => key.includes(`/books/dt=${date(day)}/`));
  const newest = runs.map((key) => /run=[^/]+/.exec(key)?.[0]).at(-1) as string;
  return Array.from({ length: SMALL_SHOP_CONFIG.shards }, (_, shard) => {
    const keys = runs.filter((key) => key.includes(`/${newest}/shard=${shard}/`));
    return Object.fromEntries(keys.map((key) => [/(\w+)\.arrow$/.exec(key)?.[1], lake.peek(key)]));
  });
}

const idsOf = (book: ShardBook) => Array.from(book.order(), (slot) => textAt(book.ids.column, slot));

async function idsKnown(places: MemoryPlaces, day: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const book of (await knownBooks(depsOf(places), date(day))).books()) ids.push(...idsOf(book));
  return ids.sort();
}

describe('knownBooks', () => {
  let nightly: MemoryPlaces;

  beforeAll(async () => {
    nightly = await shopPlaces();
    for (let day = 3; day <= 7; day++) await run(nightly, day, day);
  });

  it('gives the very book that a run left, also where none is kept any more, or only one of nights before', async () => {
    const onlyFirst = await without(nightly, (key) => !key.includes(`dt=${date(3)}`));
    const none = await without(nightly, () => true);
    for (let day = 3; day <= 7; day++) {
      const expected = kept(nightly, day);
      expect(Object.keys(expected[0] ?? {})).toHaveLength(6);
      for (const places of [nightly, onlyFirst, none]) expect(await known(places, day)).toEqual(expected);
    }
  });

  it('gives the book of a date inside a range, and writes nothing', async () => {
    const range = await shopPlaces();
    await run(range, 3, 7);
    const before = range.lake.keys();
    for (let day = 3; day <= 7; day++) expect(await known(range, day)).toEqual(kept(nightly, day));
    expect(range.lake.keys()).toEqual(before);
  });

  it('folds each night by the configuration of its own run', async () => {
    const places = copyPlaces(nightly);
    const waitingBefore = (await known(places, 7)).map(({ pending }) => pending?.length);
    await run(places, 8, 8);
    const none = await without(places, () => true);
    expect(await known(none, 8)).toEqual(kept(places, 8));
    // The euros of night 7 were taken in night 8, whose run allows an older rate: else this shows nothing.
    expect((await known(none, 8)).map(({ pending }) => pending?.length)).not.toEqual(waitingBefore);
  });

  it('leaves out who was erased since, whether the book is kept or folded', async () => {
    const places = copyPlaces(nightly);
    expect(await idsKnown(places, 7)).toEqual(expect.arrayContaining(['ada', 'bo', 'zoe']));
    await run(places, 8, 8);
    // The book of the committed run is always there.
    const folded = await without(places, (key) => !/dt=2025-01-0[48]/.test(key));
    for (const home of [places, folded]) {
      const ids = await idsKnown(home, 7);
      expect(ids).toEqual((await idsKnown(nightly, 7)).filter((id) => id !== 'ada' && id !== 'zoe'));
    }
  });

  it('knows only what is committed after a rollback, not what the run left that was taken back', async () => {
    const places = copyPlaces(nightly);
    await rollback(depsOf(places));
    await rollback(depsOf(places));
    await expect(knownBooks(depsOf(places), date(6))).rejects.toThrow(UsageError);
    const more = 'transaction_id,customer_id,occurred_at,amount,currency,type\nm1,max,2025-01-06,5.00,USD,sale\n';
    await places.drops.create(`dt=${date(6)}/transactions/m.csv`, Buffer.from(more));
    await run(places, 6, 7);
    expect(await idsKnown(places, 6)).toEqual([...(await idsKnown(nightly, 6)), 'max'].sort());
  });

  it('takes the last committed date when none is named, tells the nights it folds, and ends at a signal', async () => {
    const places = await without(nightly, (key) => !key.includes(`dt=${date(5)}`));
    const asked = await knownBooks(depsOf(places), undefined);
    expect(asked).toMatchObject({ date: date(7), config: { currency: 'USD', rates: { maxAgeDays: 0 } } });
    const told: object[] = [];
    for await (const book of asked.books({ onNight: (progress) => told.push(progress) })) expect(book.size).toBeGreaterThan(0);
    expect(told).toEqual([0, 1].flatMap((shard) => [1, 2].map((done) => ({ shard, done, of: 2 }))));
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(asked.books({ signal: stop }).next()).rejects.toThrow('stopped');
    for (const day of [addDays(date(3), -1), date(8)]) {
      await expect(knownBooks(depsOf(places), day)).rejects.toThrow(`Date ${day}: not committed, expected`);
    }
  });
});
