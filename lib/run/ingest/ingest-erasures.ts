import { ERASURE_LEDGER } from '../../arrow/schemas.ts';
import { readErasures } from '../../drop/feeds/erasures.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeFeedTable } from '../../ledger/feed-table.ts';
import { businessClock } from '../../time.ts';
import { erasureSecret } from '../erasure-secret.ts';
import type { FeedJob, FeedOutcome } from './feed-job.ts';

/** Takes a file of the `erasures` feed: one ledger file of keyed hashes for all shards, no id. */
export async function ingestErasures(job: FeedJob): Promise<FeedOutcome> {
  const { file, config, name, deps, source, sink } = job;
  const { mapping, currency, timeZone } = config;
  const secret = await erasureSecret(deps);
  const timeZoneClock = businessClock(timeZone);
  const read = await readErasures(source, { mapping: mapping.erasures, currency, timeZoneClock, secret }, sink);
  const shared = read.table.rows === 0 ? '' : lakeKeys.erasureLedger(file.knownOn, name);
  return {
    ...read,
    facts: { late: 0, future: 0, newestDay: '', empty: {} },
    write: async () => {
      if (shared !== '') await deps.lake.create(shared, encodeFeedTable(ERASURE_LEDGER, read.table, file.key));
      return { files: [], identifiers: [], shared };
    },
  };
}
