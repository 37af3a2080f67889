import { BOOK_VERSION, INDEX } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { decodeBook } from '../book/book-file.ts';
import type { FactTable } from '../book/facts.ts';
import { hashIdentity } from '../book/facts.ts';
import { ShardBook } from '../book/shard-book.ts';
import { HashSet, INDEX_DAYS, monthOf, TransactionIndex } from '../book/transaction-index.ts';
import { lakeKeys } from '../keys.ts';
import { decodeLedger } from '../ledger/ledger-file.ts';
import { type BusinessDate, dayOf, formatDay } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { itemKey } from './deps.ts';
import { readJson } from './json-objects.ts';
import type { LedgerList, RunPlan } from './plan.ts';
import { type BookTotals, datesOf, findReceipt } from './receipts.ts';
import { chainOf } from './run-ledger.ts';

/** What both passes over a shard begin with. */
export interface ShardInput {
  readonly book: ShardBook;
  readonly index: TransactionIndex;
  /** Where the base run left each month of the index. */
  readonly indexKeys: Readonly<Record<string, string>>;
  /** Months of the index that hold an id which the run's facts ask for. */
  readonly hitMonths: readonly string[];
  /** Facts by the night on which they became known. */
  readonly tables: ReadonlyMap<BusinessDate, readonly FactTable[]>;
}

/**
 * Reads a shard's book, the part of its index that the run's facts touch, and the facts.
 *
 * @param months the only months of the index that hold a wanted id, where pass one has found them; else all are looked through
 */
export async function readShardInput(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  months?: readonly string[],
): Promise<ShardInput> {
  const tables = new Map<BusinessDate, FactTable[]>();
  for (const date of datesOf(plan)) {
    const list = await readJson<LedgerList>(deps.lake, lakeKeys.ledgerList(plan.generation, date, plan.runId));
    const keys = list.sources.flatMap(({ files }) => files.filter((file) => file.shard === shard).map(({ key }) => key));
    tables.set(date, await Promise.all(keys.map(async (key) => decodeLedger(await deps.lake.read(key), key))));
  }
  const { book, indexKeys } = await readBase(deps, plan, shard);
  const index = new TransactionIndex();
  const wanted = wantedIds(book, tables);
  const asked = months ?? rememberedMonths(indexKeys, plan.from);
  const hitMonths = wanted.size > 0 ? await loadIndex(deps, index, indexKeys, asked, wanted) : [];
  return { book, index, indexKeys, hitMonths, tables };
}

async function readBase(
  deps: RunDeps,
  { base, generation }: RunPlan,
  shard: number,
): Promise<{ book: ShardBook; indexKeys: Readonly<Record<string, string>> }> {
  if (!base) return { book: new ShardBook(), indexKeys: {} };
  const place = { generation, dt: base.dt, runId: base.runId, shard };
  const read = (table: 'customers' | 'days' | 'pending') => deps.lake.read(lakeKeys.book(place, table));
  const [customers, days, pending] = await Promise.all([read('customers'), read('days'), read('pending')]);
  const receipt = await findReceipt(deps, base.runId, 'fold-shard', itemKey('fold-shard', { shard }));
  const indexKeys = receipt?.index ?? (await findIndexKeys(deps, base, generation, shard));
  return { book: decodeBook({ customers, days, pending }, lakeKeys.book(place, 'customers')), indexKeys };
}

/** Where each month of the index lies, when the receipt that told it is no longer kept: with the newest run of the chain that wrote it. */
async function findIndexKeys(
  deps: RunDeps,
  base: { readonly runId: string; readonly dt: BusinessDate },
  generation: number,
  shard: number,
): Promise<Record<string, string>> {
  const chain = await chainOf(deps, base.runId);
  const keys: Record<string, string> = {};
  for (let day = dayOf(base.dt) - INDEX_DAYS; day <= dayOf(base.dt); day++) {
    const month = monthOf(day);
    if (keys[month] !== undefined) continue;
    for (const { runId, to } of chain) {
      const key = lakeKeys.index(generation, month, runId, shard);
      if (to.slice(0, 7) < month || !(await deps.lake.stat(key))) continue;
      keys[month] = key;
      break;
    }
  }
  return keys;
}

/** Ids that the run's facts ask for: their own and their originals'. */
function wantedIds(book: ShardBook, tables: ReadonlyMap<BusinessDate, readonly FactTable[]>): HashSet {
  const wanted = new HashSet();
  const hash = new Uint32Array(4);
  const want = (table: FactTable, row: number) => {
    const c = table.columns;
    hashIdentity({ table, row }, c.transaction_id, hash);
    wanted.add(hash);
    const original = c.original_transaction_id;
    if (original.offsets[row] === original.offsets[row + 1]) return;
    hashIdentity({ table, row }, original, hash);
    wanted.add(hash);
  };
  for (const night of tables.values()) {
    for (const table of night) for (let row = 0; row < table.rows; row++) want(table, row);
  }
  for (const { fact } of book.pending) want(fact.table, fact.row);
  return wanted;
}

/** @returns the months that hold a wanted id */
async function loadIndex(
  deps: RunDeps,
  index: TransactionIndex,
  keys: Readonly<Record<string, string>>,
  months: readonly string[],
  wanted: HashSet,
): Promise<string[]> {
  const hits: string[] = [];
  for (const month of months) {
    const key = keys[month] as string;
    const bytes = await deps.lake.read(key);
    const hashes = decodeTable(INDEX, bytes, key, BOOK_VERSION, { only: ['id_hash_0', 'id_hash_1', 'id_hash_2'] });
    const rows = wanted.rowsIn(hashes.columns, hashes.rows);
    // most months hold nothing that a night asks for
    if (rows.length === 0) continue;
    index.load(decodeTable(INDEX, bytes, key, BOOK_VERSION).columns, rows);
    hits.push(month);
  }
  return hits;
}

/** Months of the index that a night may still ask for, ascending. */
export function rememberedMonths(keys: Readonly<Record<string, string>>, date: BusinessDate): string[] {
  const oldest = formatDay(dayOf(date) - INDEX_DAYS).slice(0, 7);
  return Object.keys(keys)
    .filter((month) => month >= oldest)
    .sort();
}

/** Totals of a book. */
export function totalsOf(book: ShardBook): BookTotals {
  const { purchaseDays, net } = book.customers;
  let [buyers, netMinor] = [0, 0];
  const { size } = book;
  for (let slot = 0; slot < size; slot++) {
    if ((purchaseDays[slot] as number) > 0) buyers++;
    netMinor += net[slot] as number;
  }
  return { customers: size, buyers, netMinor, pending: book.pending.length };
}
