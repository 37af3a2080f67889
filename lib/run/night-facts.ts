import type { FactTable } from '../book/facts.ts';
import type { CustomerFacts, NightFacts } from '../book/night-facts.ts';
import { ContractMismatchError } from '../errors.ts';
import { type Feed, lakeKeys } from '../keys.ts';
import { decodeCustomers } from '../ledger/customer-ledger.ts';
import { decodeErasures } from '../ledger/erasure-ledger.ts';
import { decodeIdentifiers } from '../ledger/identifier-ledger.ts';
import { decodeInteractions } from '../ledger/interaction-ledger.ts';
import { decodeLedger } from '../ledger/ledger-file.ts';
import { decodeRates } from '../ledger/rate-ledger.ts';
import type { BusinessDate } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import { completeLedgerList, type LedgerList, type LedgerSource, type RunPlan } from './plan.ts';

/** What the ledger lists of a run tell of one night. */
export type NightSources = readonly LedgerSource[];

/** The sources of a night of a run, in the order of its ledger list. */
export async function readNightSources(deps: RunDeps, plan: RunPlan, date: BusinessDate): Promise<NightSources> {
  const key = lakeKeys.ledgerList(plan.generation, date, plan.runId);
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
    const customers = await readAll(deps, keysIn(source.files, shard), decodeCustomers);
    if (!withIdentifiers || source.identifiers.length === 0) return customers.map(sourced);
    const identifiers = await readAll(deps, keysIn(source.identifiers, shard), decodeIdentifiers);
    return customers.map((table, i) => withIdentifiersOf(table, identifiers[i], source.key));
  };
  const [interactions, customers, rates, erasures] = await Promise.all([
    readAll(deps, shardKeys(sources, 'interactions', shard), decodeInteractions),
    Promise.all(ofFeed('customers').map(readSource)),
    readAll(deps, sharedOf('rates'), decodeRates),
    readAll(deps, sharedOf('erasures'), decodeErasures),
  ]);
  return {
    interactions: interactions.map(sourced),
    customers: customers.flat(),
    rates: rates.map(sourced),
    erasures: erasures.map(sourced),
  };
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
  table: ReturnType<typeof decodeCustomers>,
  identifiers: ReturnType<typeof decodeIdentifiers> | undefined,
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
