import type { TableSpec } from '../arrow/columns.ts';
import { CUSTOMER_LEDGER, ERASURE_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, RATES } from '../arrow/schemas.ts';
import type { FactTable } from '../book/facts.ts';
import type { CustomerFacts, NightFacts } from '../book/night-facts.ts';
import { ContractMismatchError } from '../errors.ts';
import { type Feed, lakeKeys } from '../keys.ts';
import { decodeFeedTable, type StoredFeedTable } from '../ledger/feed-table.ts';
import { decodeLedger } from '../ledger/ledger-file.ts';
import type { BusinessDate } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import { completeLedgerList, type LedgerList, type LedgerSource, type RunPlan } from './plan.ts';

/** What the ledger lists of a run tell of one night. */
export type NightSources = readonly LedgerSource[];

/** The sources of a night of a run, in the order of its ledger list. */
export async function readNightSources(
  deps: RunDeps,
  { generation, runId }: Pick<RunPlan, 'generation' | 'runId'>,
  date: BusinessDate,
): Promise<NightSources> {
  const key = lakeKeys.ledgerList(generation, date, runId);
  return completeLedgerList(await readJson<LedgerList>(deps.lake, key)).sources;
}

/** The transactions of a shard that became known on a night, in the order of its sources. */
export function readTransactionFacts(deps: RunDeps, sources: NightSources, shard: number): Promise<FactTable[]> {
  return readAll(deps, shardKeys(sources, 'transactions', shard), decodeLedger);
}

/** Which facts of the other feeds are read. */
interface OtherFacts {
  readonly shard: number;
  /** True when identifiers are wanted too: of pass one alone. */
  readonly withIdentifiers: boolean;
}

/** The facts of a shard beside its transactions that became known on a night, in the order of its sources. */
export async function readOtherFacts(
  deps: RunDeps,
  sources: NightSources,
  { shard, withIdentifiers }: OtherFacts,
): Promise<Omit<NightFacts, 'transactions'>> {
  const ofFeed = (feed: Feed) => sources.filter((source) => source.feed === feed);
  const sharedOf = (feed: Feed) => ofFeed(feed).flatMap(({ shared }) => (shared === '' ? [] : [shared]));
  const readSource = async (source: LedgerSource) => {
    const customers = await readFeed(CUSTOMER_LEDGER, deps, keysIn(source.files, shard));
    if (!withIdentifiers || source.identifiers.length === 0) return customers.map(sourced);
    const identifiers = await readFeed(IDENTIFIER_LEDGER, deps, keysIn(source.identifiers, shard));
    return customers.map((table, i) => withIdentifiersOf(table, identifiers[i], source.key));
  };
  const [interactions, customers, rates, erasures] = await Promise.all([
    readFeed(INTERACTION_LEDGER, deps, shardKeys(sources, 'interactions', shard)),
    Promise.all(ofFeed('customers').map(readSource)),
    readFeed(RATES, deps, sharedOf('rates')),
    readFeed(ERASURE_LEDGER, deps, sharedOf('erasures')),
  ]);
  return {
    interactions: interactions.map(sourced),
    customers: customers.flat(),
    rates: rates.map(sourced),
    erasures: erasures.map(sourced),
  };
}

/** Ledger files of a feed, in the order of their keys. */
function readFeed<S extends TableSpec>(spec: S, deps: RunDeps, keys: readonly string[]): Promise<StoredFeedTable<S>[]> {
  return readAll(deps, keys, (bytes, key) => decodeFeedTable(spec, bytes, key));
}

function readAll<T>(deps: RunDeps, keys: readonly string[], decode: (bytes: Uint8Array, key: string) => T): Promise<T[]> {
  return Promise.all(keys.map(async (key) => decode(await deps.lake.read(key), key)));
}

const shardKeys = (sources: NightSources, feed: Feed, shard: number) =>
  sources.filter((source) => source.feed === feed).flatMap(({ files }) => keysIn(files, shard));

const keysIn = (files: LedgerSource['files'], shard: number) =>
  files.filter((file) => file.shard === shard).map(({ key }) => key);

const sourced = <T extends { readonly source: string }>(table: T): T & { readonly sourceOf: () => string } => ({
  ...table,
  sourceOf: () => table.source,
});

/** Rows of the customers feed with their identifiers. @throws ContractMismatchError when they are not row for row the same */
function withIdentifiersOf(
  table: StoredFeedTable<typeof CUSTOMER_LEDGER>,
  identifiers: StoredFeedTable<typeof IDENTIFIER_LEDGER> | undefined,
  source: string,
): CustomerFacts {
  const lines = identifiers?.columns.source_line;
  if (!identifiers || identifiers.rows !== table.rows || !table.columns.source_line.every((line, row) => line === lines?.[row])) {
    throw new ContractMismatchError(
      `Ledger of ${source}: ${table.rows} customers and ${identifiers?.rows ?? 0} rows of identifiers, expected the same rows. Restore the files below ledger/ and pii/.`,
    );
  }
  return { ...sourced(table), identifiers: { columns: identifiers.columns, present: identifiers.present } };
}
