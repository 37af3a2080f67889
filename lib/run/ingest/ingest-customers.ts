import { CUSTOMER_LEDGER, IDENTIFIER_LEDGER } from '../../arrow/schemas.ts';
import { IDENTIFIER_COLUMNS } from '../../config/mapping.ts';
import { readCustomers } from '../../drop/feeds/customers.ts';
import { lakeKeys } from '../../keys.ts';
import { encodeFeedTable } from '../../ledger/feed-table.ts';
import { countEmpty, type FeedJob, type FeedOutcome, shardingOf, writeShards } from './feed-job.ts';

/** Takes a file of the `customers` feed: identifiers to the ledger below `pii/`, the rest to the ledger. */
export async function ingestCustomers(job: FeedJob): Promise<FeedOutcome> {
  const { file, config, generation, name, deps, source, sink } = job;
  const read = await readCustomers(source, { mapping: config.mapping.customers, ...shardingOf(config) }, sink);
  const { present } = read;
  const empty = countEmpty(
    read.shards.map(({ customers, identifiers }) => {
      const { updated_at, signed_up_at, country, consent_email, consent_sms, consent_ads } = customers.columns;
      const { customer_id: _id, updated_at: _at, country: _country, source_line: _line, ...texts } = identifiers.columns;
      const columns = { updated_at, signed_up_at, country, consent_email, consent_sms, consent_ads, ...texts };
      return { rows: customers.rows, columns };
    }),
  );
  const { knownOn, key: dropKey } = file;
  return {
    ...read,
    facts: { late: 0, future: 0, newestDay: '', empty },
    write: async () => ({
      files: await writeShards(
        deps.lake,
        read.shards.map(({ customers }) => customers),
        (shard) => lakeKeys.ledgerFile(generation, knownOn, shard, name),
        (table) => encodeFeedTable(CUSTOMER_LEDGER, table, dropKey, present.customers),
      ),
      identifiers: await writeShards(
        deps.lake,
        // a file without any identifier has nothing to keep apart
        present.identifiers.some((column) => (IDENTIFIER_COLUMNS as readonly string[]).includes(column) || column === 'country')
          ? read.shards.map(({ identifiers }) => identifiers)
          : [],
        (shard) => lakeKeys.identifierLedger(generation, knownOn, shard, name),
        (table) => encodeFeedTable(IDENTIFIER_LEDGER, table, dropKey, present.identifiers),
      ),
      shared: '',
    }),
  };
}
