import { readTransactions } from '../../drop/read-transactions.ts';
import type { TransactionColumns } from '../../drop/transaction-columns.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeLedger } from '../../ledger/ledger-file.ts';
import type { ShardFile, SourceFacts } from '../plan.ts';
import { countEmpty, type FeedJob, type FeedOutcome, factsOfDays, shardingOf, writeShards } from './feed-job.ts';

/** Bytes of a short row: most files have longer ones, so that the room made at first suffices. */
const ROW_BYTES = 56;

/** Accepted rows of a ledger part over all shards, 2^22: about 400 MB of columns. Only larger files have more than one part. */
const PART_ROWS = 4_194_304;

type Facts = Omit<SourceFacts, 'rules'>;

/** Takes a file of the `transactions` feed, a large one in parts. @param partRows accepted rows of a part */
export async function ingestTransactions(job: FeedJob, partRows = PART_ROWS): Promise<FeedOutcome> {
  const { file, config, generation, name, deps, source, sink } = job;
  const { currency, shards, mapping } = config;
  const expectedRows = Math.min(file.sizeBytes / ROW_BYTES, partRows) / shards;
  const files: ShardFile[] = [];
  let facts: Facts = { late: 0, future: 0, newestDay: '', empty: {} };
  let parts = 0;
  const writePart = async (tables: readonly TransactionColumns[]) => {
    const part = parts++ === 0 ? name : `${name}-${parts}`;
    const keyOf = (shard: number) => lakeKeys.ledgerFile(generation, file.knownOn, shard, part);
    files.push(...(await writeShards(deps.lake, tables, keyOf, (rows) => encodeLedger(rows, file.key, currency))));
  };
  const read = await readTransactions(
    source,
    {
      mapping: mapping.transactions,
      ...shardingOf(config),
      expectedRows,
      partRows,
      takePart: async (tables) => {
        facts = joined(facts, factsOf(job, tables));
        await job.assertUnchanged();
        await writePart(tables);
      },
    },
    sink,
  );
  return {
    ...read,
    facts: joined(facts, factsOf(job, read.shards)),
    write: async () => {
      await writePart(read.shards);
      return { files: files.sort((a, b) => a.shard - b.shard), identifiers: [], shared: '' };
    },
  };
}

function factsOf({ file }: FeedJob, tables: readonly TransactionColumns[]): Facts {
  const empty = countEmpty(
    tables.map(({ rows, originalId, channel, orderId, costMinor, marginMinor, referrerId }) => ({
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
  const days = tables.map(({ day }) => day);
  return { ...factsOfDays(file, days), empty };
}

function joined(a: Facts, b: Facts): Facts {
  const names = [...new Set([...Object.keys(a.empty), ...Object.keys(b.empty)])];
  return {
    late: a.late + b.late,
    future: a.future + b.future,
    newestDay: laterOf(a.newestDay, b.newestDay),
    empty: Object.fromEntries(names.map((name) => [name, (a.empty[name] ?? 0) + (b.empty[name] ?? 0)])),
  };
}

/** The later of two dates; '' is none. */
function laterOf(a: Facts['newestDay'], b: Facts['newestDay']): Facts['newestDay'] {
  return a < b ? b : a;
}
