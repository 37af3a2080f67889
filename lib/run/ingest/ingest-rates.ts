import { RATES } from '../../arrow/schemas.ts';
import { readRates } from '../../drop/feeds/rates.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeFeedTable } from '../../ledger/feed-table.ts';
import { businessClock } from '../../time.ts';
import { type FeedJob, type FeedOutcome, factsOfDays } from './feed-job.ts';

/** Takes a file of the `rates` feed: one ledger file for all shards. */
export async function ingestRates(job: FeedJob): Promise<FeedOutcome> {
  const { file, config, generation, name, deps, source, sink } = job;
  const { mapping, currency, timeZone } = config;
  const timeZoneClock = businessClock(timeZone);
  const read = await readRates(source, { mapping: mapping.rates, currency, timeZoneClock }, sink);
  const { newestDay } = factsOfDays(file, [read.table.columns.rate_on]);
  const shared = read.table.rows === 0 ? '' : lakeKeys.ledgerShared(generation, file.knownOn, 'rates', name);
  return {
    ...read,
    facts: { late: 0, future: 0, newestDay, empty: {} },
    write: async () => {
      if (shared !== '') await deps.lake.create(shared, encodeFeedTable(RATES, read.table, file.key));
      return { files: [], identifiers: [], shared };
    },
  };
}
