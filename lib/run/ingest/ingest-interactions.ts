import { INTERACTION_LEDGER } from '../../arrow/schemas.ts';
import { readInteractions } from '../../drop/feeds/interactions.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeFeedTable } from '../../ledger/feed-table.ts';
import { countEmpty, type FeedJob, type FeedOutcome, factsOfDays, shardingOf, writeShards } from './feed-job.ts';

/** Takes a file of the `interactions` feed. */
export async function ingestInteractions(job: FeedJob): Promise<FeedOutcome> {
  const { file, config, generation, name, deps, source, sink } = job;
  const read = await readInteractions(source, { mapping: config.mapping.interactions, ...shardingOf(config) }, sink);
  const empty = countEmpty(read.shards.map(({ rows, columns: { score, channel } }) => ({ rows, columns: { score, channel } })));
  const days = read.shards.map(({ columns }) => columns.business_day);
  const keyOf = (shard: number) => lakeKeys.ledgerFile(generation, file.knownOn, shard, name);
  return {
    ...read,
    facts: { ...factsOfDays(file, days), empty },
    write: async () => ({
      files: await writeShards(deps.lake, read.shards, keyOf, (table) => encodeFeedTable(INTERACTION_LEDGER, table, file.key)),
      identifiers: [],
      shared: '',
    }),
  };
}
