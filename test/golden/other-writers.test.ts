import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { keepArrow } from '../../lib/drop/kept-arrow.ts';
import { InvalidDropError } from '../../lib/errors.ts';
import { readText, textsOf } from '../support/drop-reading.ts';

/**
 * Files that other programs wrote, in test/golden/drops. Python, PyArrow 26.0 and Polars, with `t` a table of two rows:
 *
 *   pq.write_table(schema.empty_table(), 'pyarrow-no-rows.parquet', compression='none')
 *   t.write_ipc('polars.arrow'); t.write_ipc_stream('polars-stream.arrow')
 *
 * PyArrow makes a row group of no rows, whose columns lie at byte 0. Polars writes texts as views, and the schema of a file
 * without the length in front of it.
 */
const fileOf = (name: string): Promise<Buffer> => readFile(new URL(`drops/${name}`, import.meta.url));
const LONG_ID = 'a long id of more than 12 bytes';

describe('files of other writers', () => {
  it('a Parquet file of a row group without rows is a quiet file', async () => {
    const name = 'pyarrow-no-rows.parquet';
    expect(await readText(await fileOf(name), { name })).toMatchObject({ rows: 0, accepted: 0, refused: [] });
  });

  it.each(['polars.arrow', 'polars-stream.arrow'])('%s: views are texts, short and long', async (name) => {
    for (const cuts of [[], 7]) {
      const { rows, refused, first } = await readText(await fileOf(name), { name, cuts });
      expect([rows, textsOf(first.transactionId), [...first.amountMinor]]).toEqual([2, ['t1'], [1250]]);
      expect(JSON.parse(refused[0]?.raw ?? '')).toMatchObject({ transaction_id: LONG_ID, amount: '0.05', type: null });
    }
  });

  it.each(['polars.arrow', 'polars-stream.arrow'])('%s: no byte of a row that was taken out stays', async (name) => {
    const bytes = await fileOf(name);
    expect(bytes.includes(LONG_ID)).toBe(true);
    const kept = keepArrow(bytes, { dropped: new Set([1]), blanked: new Set() }, 'referrer_id');
    expect(Buffer.from(kept).includes(LONG_ID)).toBe(false);
    const { rows, first } = await readText(kept, { name });
    expect([rows, textsOf(first.transactionId), [...first.amountMinor]]).toEqual([1, ['t1'], [1250]]);
  });

  it('a view that points outside its column is refused', async () => {
    const name = 'polars-stream.arrow';
    const bytes = await fileOf(name);
    const view = bytes.indexOf(Buffer.concat([Buffer.from([LONG_ID.length, 0, 0, 0]), Buffer.from(LONG_ID.slice(0, 4))]));
    expect(view).toBeGreaterThan(0);
    bytes.writeInt32LE(1 << 20, view + 12);
    await expect(readText(bytes, { name })).rejects.toThrow(InvalidDropError);
    await expect(readText(bytes, { name })).rejects.toThrow('a text ends behind its column');
  });

  it('a stream that ends as before Arrow 0.15 is whole', async () => {
    const name = 'polars-stream.arrow';
    const bytes = await fileOf(name);
    const end = bytes.lastIndexOf(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]));
    const old = Buffer.concat([bytes.subarray(0, end), Buffer.alloc(4)]);
    expect((await readText(old, { name })).rows).toBe(2);
    await expect(readText(old.subarray(0, -1), { name })).rejects.toThrow('a message breaks off');
  });
});
