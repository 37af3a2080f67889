import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import { parseConfig } from '../../../../lib/config/load.ts';
import { InvalidDropError } from '../../../../lib/errors.ts';
import { decodeLedger } from '../../../../lib/ledger/ledger-file.ts';
import { ingestTransactions } from '../../../../lib/run/ingest/ingest-transactions.ts';
import type { PinnedFile } from '../../../../lib/run/plan.ts';
import { sourceOf } from '../../../support/drop-reading.ts';
import { MemoryStore } from '../../../support/memory-store.ts';

const ROWS = Array.from(
  { length: 23 },
  (_, row) => `t${row},c${row % 7},2024-03-0${1 + (row % 9)},${row}.00,USD,sale,${row % 2 ? 'web' : ''}`,
);
const TEXT = `transaction_id,customer_id,occurred_at,amount,currency,type,channel\n${ROWS.join('\n')}\nbad,c1,x,1,USD,sale,\n`;
const FILE = { key: 'dt=2024-03-05/transactions/a.csv', feed: 'transactions', sizeBytes: TEXT.length, knownOn: '2024-03-05' };

/** Takes the file in parts of `partRows`, in chunks of `cut` bytes. @returns the outcome and the rows of the ledger files, by shard */
async function taken(partRows: number, cut: number, assertUnchanged = async () => {}) {
  const lake = new MemoryStore('memory:lake');
  const cuts = Array.from({ length: Math.floor(TEXT.length / cut) }, (_, i) => (i + 1) * cut);
  const job = {
    file: FILE as unknown as PinnedFile,
    source: sourceOf('a.csv', TEXT, cuts),
    config: parseConfig({ shards: 3 }, 'test'),
    generation: 1,
    name: 'name',
    deps: { lake },
    assertUnchanged,
    sink: { quarantine: () => {} },
  };
  const { write, ...outcome } = await ingestTransactions(job, partRows);
  const { files } = await write();
  const rows = files.flatMap(({ shard, key }) => {
    const { columns, rows: count } = decodeLedger(lake.peek(key), key);
    return Array.from({ length: count }, (_, row) => [shard, textAt(columns.transaction_id, row), columns.source_line[row]]);
  });
  return { counts: [outcome.rows, outcome.accepted, outcome.malformed], facts: outcome.facts, rows, files };
}

describe('ingestTransactions', () => {
  it('takes a large file in parts: the same rows in the same order, whatever the size of a part', async () => {
    const whole = await taken(1000, 1000);
    expect(whole.files.map(({ shard }) => shard)).toEqual([0, 1, 2]);
    expect(whole.counts).toEqual([24, 23, 1]);
    for (const partRows of [1, 4, 22, 23]) {
      const parts = await taken(partRows, 61);
      expect(parts).toMatchObject({ counts: whole.counts, facts: whole.facts, rows: whole.rows });
      if (partRows < 22) expect(parts.files.length).toBeGreaterThan(3);
      expect(new Set(parts.files.map(({ key }) => key)).size).toBe(parts.files.length);
    }
  });

  it('gives the same files whatever the chunks of the store', async () => {
    expect(await taken(5, 17)).toEqual(await taken(5, 400));
  });

  it('writes no part of a file that is another one by now', async () => {
    const changed = async () => {
      throw new InvalidDropError('changed');
    };
    await expect(taken(4, 61, changed)).rejects.toThrow('changed');
  });
});
