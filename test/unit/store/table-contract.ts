import { describe, expect, it } from 'vitest';
import { InvariantBrokenError } from '../../../lib/errors.ts';
import type { TableKind } from '../../../lib/store/table-definitions.ts';
import { conditionalPuts, type Item, type Table, type Write } from '../../../lib/store/tables.ts';
import { describeLedger } from './ledger-contract.ts';

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const GUARD = 'attribute_not_exists(runSeq) OR runSeq <= :mine';

/** What every table must do. `tables` are empty at first; they are not read before the tests run. */
export function describeTable(name: string, tables: Readonly<Record<TableKind, Table>>): void {
  describe(`table ${name}`, () => {
    it('gives back every kind of value that was put, without undefined ones', async () => {
      const item = {
        customer_id: 'Zoë #1',
        n: 12.5,
        tiny: 1e-9,
        zero: -0,
        yes: true,
        nothing: null,
        empty: '',
        list: [1, 'a', [null]],
        map: { a: { b: false } },
        absent: undefined,
      };
      expect(await tables.profiles.put(item)).toBe(true);
      const { absent: _, ...stored } = item;
      expect(await tables.profiles.get({ customer_id: 'Zoë #1' })).toEqual({ ...stored, zero: 0 });
      expect(await tables.profiles.get({ customer_id: 'nobody' })).toBeUndefined();
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0), () => 1])(
      'refuses to store %s, naming the attribute alone',
      async (value) => {
        await expect(tables.profiles.put({ customer_id: 'a', odd: { value } })).rejects.toThrow(InvariantBrokenError);
        await expect(tables.profiles.put({ customer_id: 'secret', odd: value })).rejects.toThrow(/^Attribute odd: (?!.*secret)/);
      },
    );

    it('puts and removes under a condition', async () => {
      const key = { customer_id: 'guarded' };
      const guard = (mine: number) => ({ expression: GUARD, values: { ':mine': mine } });
      const exists = { expression: 'attribute_exists(customer_id)' };
      expect(await tables.profiles.put(key, exists)).toBe(false);
      expect(await tables.profiles.remove(key, exists)).toBe(false);
      expect(await tables.profiles.get(key)).toBeUndefined();
      expect(await tables.profiles.put({ ...key, runSeq: 2 }, guard(2))).toBe(true);
      expect(await tables.profiles.put({ ...key, runSeq: 1, late: true }, guard(1))).toBe(false);
      expect(await tables.profiles.put({ ...key, runSeq: 3 }, guard(3))).toBe(true);
      const removal = (runSeq: number) => ({ expression: '#r = :r', names: { '#r': 'runSeq' }, values: { ':r': runSeq } });
      expect(await tables.profiles.remove(key, removal(2))).toBe(false);
      expect(await tables.profiles.get(key)).toEqual({ ...key, runSeq: 3 });
      expect(await tables.profiles.remove(key, removal(3))).toBe(true);
      expect(await tables.profiles.get(key)).toBeUndefined();
      expect(await tables.profiles.remove(key)).toBe(true);
    });

    it('lets one of 16 conditional puts, and one of 16 conditional updates, win', async () => {
      const key = { pk: 'RACE', sk: '-' };
      const all = Array.from({ length: 16 }, (_, owner) => owner);
      const puts = await Promise.all(
        all.map((owner) => tables.runs.put({ ...key, owner, seq: 1 }, { expression: 'attribute_not_exists(pk)' })),
      );
      expect(puts.filter(Boolean)).toHaveLength(1);
      expect(await tables.runs.get(key)).toEqual({ ...key, owner: puts.indexOf(true), seq: 1 });
      const condition = { expression: 'seq = :seen', values: { ':seen': 1 } };
      const updates = await Promise.all(all.map((owner) => tables.runs.update(key, { owner }, { add: { seq: 1 }, condition })));
      const [winner, ...others] = updates.filter((item) => item !== undefined);
      expect(others).toEqual([]);
      expect(await tables.runs.get(key)).toEqual(winner);
      expect(winner).toEqual({ ...key, owner: updates.indexOf(winner), seq: 2 });
    });

    it('loses no addition of many at once', async () => {
      const key = { pk: 'COUNT', sk: '-' };
      const counts = await Promise.all(Array.from({ length: 16 }, () => tables.runs.update(key, {}, { add: { n: 1 } })));
      expect(counts.map((item) => Number(item?.['n'])).sort((a, b) => a - b)).toEqual(counts.map((_, index) => index + 1));
    });

    it('updates, adds and removes attributes in one step and answers the new item', async () => {
      const key = { pk: 'UPDATED', sk: '-' };
      expect(await tables.runs.update(key, { owner: 'a', state: 'OPEN' }, { add: { runSeq: 1 } })).toEqual({
        ...key,
        owner: 'a',
        state: 'OPEN',
        runSeq: 1,
      });
      const condition = { expression: '#o = :o AND runSeq = :s', names: { '#o': 'owner' }, values: { ':o': 'a', ':s': 1 } };
      const updated = await tables.runs.update(
        key,
        { state: null, left: undefined },
        { add: { runSeq: 2, tries: 1 }, remove: ['owner', 'none'], condition },
      );
      expect(updated).toEqual({ ...key, state: null, runSeq: 3, tries: 1 });
      expect(await tables.runs.update(key, { state: 'X' }, { condition })).toBeUndefined();
      expect(await tables.runs.update({ pk: 'never', sk: '-' }, { state: 'X' }, { condition })).toBeUndefined();
      expect(await tables.runs.get({ pk: 'never', sk: '-' })).toBeUndefined();
      expect(await tables.runs.get(key)).toEqual(updated);
      expect(await tables.runs.update({ pk: 'bare', sk: '-' }, {})).toEqual({ pk: 'bare', sk: '-' });
    });

    it('queries a partition in either order, by beginning and with a limit', async () => {
      for (const day of ['2024-01-02', '2024-01-03', '2024-02-01']) await tables.runs.put({ pk: 'days', sk: day });
      await tables.runs.put({ pk: 'other', sk: '2024-01-01' });
      const days = async (...args: Parameters<Table['query']>) =>
        (await collect(tables.runs.query(...args))).map((item) => item['sk']);
      expect(await days({ pk: 'days' })).toEqual(['2024-01-02', '2024-01-03', '2024-02-01']);
      expect(await days({ pk: 'days' }, { begins: { sk: '2024-01' } })).toEqual(['2024-01-02', '2024-01-03']);
      expect(await days({ pk: 'days' }, { forward: false, limit: 2 })).toEqual(['2024-02-01', '2024-01-03']);
      expect(await days({ pk: 'days' }, { begins: { sk: '2024-01' }, forward: false, limit: 1 })).toEqual(['2024-01-03']);
      expect(await days({ pk: 'days' }, { limit: 9 })).toHaveLength(3);
      expect(await days({ pk: 'days' }, { begins: { sk: '2025' } })).toEqual([]);
      expect(await days({ pk: 'none' })).toEqual([]);
    });

    it('reads on past the 1 MB of a page, in query and scan', async () => {
      const transitions = tables.transitions;
      const writes = Array.from(
        { length: 60 },
        (_, index): Write => ({
          put: { customer_id: 'wide', happened: String(index).padStart(3, '0'), text: 'x'.repeat(40_000) },
        }),
      );
      expect(await transitions.writeBatch(writes)).toBe(60);
      const items = await collect(transitions.query({ customer_id: 'wide' }));
      expect(items.map((item) => item['happened'])).toEqual(writes.map((write) => 'put' in write && write.put['happened']));
      const backwards = await collect(transitions.query({ customer_id: 'wide' }, { forward: false, limit: 55 }));
      expect(backwards.map((item) => item['happened'])).toEqual(
        items
          .map((item) => item['happened'])
          .reverse()
          .slice(0, 55),
      );
      expect(await collect(transitions.query({ customer_id: 'wide' }, { begins: { happened: '03' } }))).toHaveLength(10);
      const scanned = await collect(transitions.scan());
      expect(new Set(scanned.map((item) => item['happened']))).toHaveProperty('size', 60);
      expect(scanned).toHaveLength(60);
    });

    it('writes batches from a stream, puts and removals', async () => {
      async function* writes(): AsyncIterable<Write> {
        for (let index = 0; index < 130; index++) yield { put: { customer_id: `batch-${index}`, index } };
      }
      expect(await tables.profiles.writeBatch(writes(), { concurrency: 3 })).toBe(130);
      expect(await tables.profiles.get({ customer_id: 'batch-129' })).toEqual({ customer_id: 'batch-129', index: 129 });
      expect(await tables.profiles.writeBatch([{ remove: { customer_id: 'batch-129' } }])).toBe(1);
      expect(await tables.profiles.get({ customer_id: 'batch-129' })).toBeUndefined();
      expect(await tables.profiles.writeBatch([])).toBe(0);
    });

    it('refuses two writes of one key in one request, and writes nothing of it', async () => {
      const put = (id: string) => ({ put: { customer_id: id } });
      const twice: Write[] = [put('twin-1'), put('twin-2'), { remove: { customer_id: 'twin-1' } }];
      await expect(tables.profiles.writeBatch(twice)).rejects.toThrow(InvariantBrokenError);
      expect(await tables.profiles.get({ customer_id: 'twin-2' })).toBeUndefined();
    });

    it('counts guarded puts that were written and refused', async () => {
      const items = (runSeq: number, count: number): Item[] =>
        Array.from({ length: count }, (_, index) => ({ customer_id: `many-${index}`, runSeq }));
      const puts = (runSeq: number, count: number) =>
        conditionalPuts(tables.profiles, items(runSeq, count), { expression: GUARD, values: { ':mine': runSeq } });
      expect(await puts(5, 40)).toEqual({ written: 40, refused: 0 });
      expect(await puts(4, 50)).toEqual({ written: 10, refused: 40 });
    });

    describeLedger(tables.runs);
  });
}
