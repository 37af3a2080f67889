import { readTransactions } from '../../drop/read-transactions.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeLedger } from '../../ledger/ledger-file.ts';
import { countEmpty, type FeedJob, type FeedOutcome, factsOfDays, shardingOf, writeShards } from './feed-job.ts';

/** Bytes of a short row: most files have longer ones, so that the room made at first suffices. */
const ROW_BYTES = 56;

/** Takes a file of the `transactions` feed. */
export async function ingestTransactions(job: FeedJob): Promise<FeedOutcome> {
  const { file, config, generation, name, deps, source, sink } = job;
  const { currency, shards, mapping } = config;
  const expectedRows = file.sizeBytes / ROW_BYTES / shards;
  const read = await readTransactions(source, { mapping: mapping.transactions, ...shardingOf(config), expectedRows }, sink);
  const empty = countEmpty(
    read.shards.map(({ rows, originalId, channel, orderId, costMinor, marginMinor, referrerId }) => ({
      rows,
      columns: {
        original_transaction_id: originalId,
        channel,
        order_id: orderId,
        cost: costMinor,
        margin: marginMinor,
        referrer_id: referrerId,
      },
    })),
  );
  const days = read.shards.map(({ day }) => day);
  const keyOf = (shard: number) => lakeKeys.ledgerFile(generation, file.knownOn, shard, name);
  return {
    ...read,
    facts: { ...factsOfDays(file, days), empty },
    write: async () => ({
      files: await writeShards(deps.lake, read.shards, keyOf, (rows) => encodeLedger(rows, file.key, currency)),
      identifiers: [],
      shared: '',
    }),
  };
}
