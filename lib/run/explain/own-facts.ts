import type { ByteColumn, TableSpec } from '../../arrow/columns.ts';
import { CUSTOMER_LEDGER, ERASURE_LEDGER, INTERACTION_LEDGER, LEDGER, LEDGER_VERSION, RATES } from '../../arrow/schemas.ts';
import { selectRows } from '../../arrow/select-rows.ts';
import { decodeTable } from '../../arrow/table-file.ts';
import type { NightFacts } from '../../book/night-facts.ts';
import type { Feed } from '../../keys.ts';
import { decodeFeedTable, type StoredFeedTable } from '../../ledger/feed-table.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import type { BusinessDate } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { readLedgerLists } from '../ledger-lists.ts';
import type { LedgerSource } from '../plan.ts';
import type { RunRecord } from '../run-ledger.ts';
import { rowsOf } from './find-row.ts';

/** Nights whose files are read together: most of their time is waiting. */
const NIGHTS_AT_ONCE = 16;

/** Whose facts are wanted. */
export interface Wanted {
  /** Bytes of the customer id. */
  readonly id: Uint8Array;
  readonly shard: number;
}

/**
 * What the ledger tells of one customer, night by night: the rows of this customer alone, with the rates and the erasures of all,
 * which a fold needs.
 *
 * @param nights each with the run that covers it, ascending @param onNight told after each night that was read
 * @returns by date, in the order of `nights`
 * @throws ContractMismatchError when a ledger list is missing
 * Cost: a list and the shard's files per night; of files without a row of the customer the ids alone are decoded.
 */
export async function readOwnFacts(
  deps: RunDeps,
  wanted: Wanted,
  nights: readonly { readonly run: RunRecord; readonly date: BusinessDate }[],
  onNight: () => void,
): Promise<{ date: BusinessDate; facts: NightFacts }[]> {
  const lists = await readLedgerLists(deps, nights);
  const found: { date: BusinessDate; facts: NightFacts }[] = [];
  await eachConcurrently(lists.entries(), NIGHTS_AT_ONCE, async ([place, { sources }]) => {
    const { date } = nights[place] as (typeof nights)[number];
    found[place] = { date, facts: await factsOf(deps, wanted, sources) };
    onNight();
  });
  return found;
}

async function factsOf(deps: RunDeps, wanted: Wanted, sources: readonly LedgerSource[]): Promise<NightFacts> {
  const own = <S extends OwnedSpec>(feed: Feed, spec: S) => readOwn(deps, wanted, keysOf(sources, feed, wanted.shard), spec);
  const shared = <S extends TableSpec>(feed: Feed, spec: S) =>
    Promise.all(
      sources
        .filter((source) => source.feed === feed && source.shared !== '')
        .map(async ({ shared: key }) => decodeFeedTable(spec, await deps.lake.read(key), key)),
    );
  const [transactions, interactions, customers, rates, erasures] = await Promise.all([
    own('transactions', LEDGER),
    own('interactions', INTERACTION_LEDGER),
    own('customers', CUSTOMER_LEDGER),
    shared('rates', RATES),
    shared('erasures', ERASURE_LEDGER),
  ]);
  return {
    transactions: transactions.map(sourced),
    interactions: interactions.map(sourced),
    customers: customers.map(sourced),
    rates: rates.map(sourced),
    erasures: erasures.map(sourced),
  };
}

const keysOf = (sources: readonly LedgerSource[], feed: Feed, shard: number): string[] =>
  sources
    .filter((source) => source.feed === feed)
    .flatMap(({ files }) => files.filter((file) => file.shard === shard).map(({ key }) => key));

const sourced = <T extends { readonly source: string }>(table: T): T & { readonly sourceOf: () => string } => ({
  ...table,
  sourceOf: () => table.source,
});

type OwnedSpec = TableSpec & { readonly customer_id: { readonly kind: 'utf8' } };

/** The tables of some ledger files with the customer's rows alone; files without any are left out. */
async function readOwn<S extends OwnedSpec>(
  deps: RunDeps,
  { id }: Wanted,
  keys: readonly string[],
  spec: S,
): Promise<StoredFeedTable<S>[]> {
  const tables = await Promise.all(
    keys.map(async (key) => {
      const bytes = await deps.lake.read(key);
      const ids = decodeTable(spec, bytes, key, LEDGER_VERSION, { only: ['customer_id'] });
      const rows = rowsOf(ids.columns.customer_id as ByteColumn, ids.rows, id);
      if (rows.length === 0) return undefined;
      const table = decodeFeedTable(spec, bytes, key);
      return { ...table, ...selectRows(spec, table.columns, rows) };
    }),
  );
  return tables.filter((table) => table !== undefined);
}
