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

/** Which facts are read. */
interface FactsWanted {
  readonly date: BusinessDate;
  readonly shard: number;
  /** True when identifiers are wanted too: of pass one alone. */
  readonly withIdentifiers: boolean;
}

/** The facts of a shard that became known on one night of a run, in the order of the run's ledger list. */
export async function readNightFacts(
  deps: RunDeps,
  plan: RunPlan,
  { date, shard, withIdentifiers }: FactsWanted,
): Promise<NightFacts> {
  const listKey = lakeKeys.ledgerList(plan.generation, date, plan.runId);
  const { sources } = completeLedgerList(await readJson<LedgerList>(deps.lake, listKey));
  const read = <T>(keys: readonly string[], decode: (bytes: Uint8Array, key: string) => T): Promise<T[]> =>
    Promise.all(keys.map(async (key) => decode(await deps.lake.read(key), key)));
  const ofFeed = (feed: Feed) => sources.filter((source) => source.feed === feed);
  const keysOf = (feed: Feed) => ofFeed(feed).flatMap(({ files }) => keysIn(files, shard));
  const sharedOf = (feed: Feed) => ofFeed(feed).flatMap(({ shared }) => (shared === '' ? [] : [shared]));
  const readSource = async (source: LedgerSource) => {
    const customers = await read(keysIn(source.files, shard), decodeCustomers);
    if (!withIdentifiers || source.identifiers.length === 0) return customers.map(sourced);
    const identifiers = await read(keysIn(source.identifiers, shard), decodeIdentifiers);
    return customers.map((table, i) => withIdentifiersOf(table, identifiers[i], source.key));
  };
  const [transactions, interactions, customers, rates, erasures] = await Promise.all([
    read(keysOf('transactions'), decodeLedger),
    read(keysOf('interactions'), decodeInteractions),
    Promise.all(ofFeed('customers').map(readSource)),
    read(sharedOf('rates'), decodeRates),
    read(sharedOf('erasures'), decodeErasures),
  ]);
  return {
    transactions,
    interactions: interactions.map(sourced),
    customers: customers.flat(),
    rates: rates.map(sourced),
    erasures: erasures.map(sourced),
  };
}

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
