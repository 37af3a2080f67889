import { eachConcurrently } from './concurrently.ts';
import { openDynamoTable } from './dynamo-table.ts';

/** Attributes as JavaScript values: string, finite number, boolean, null, arrays and maps of those; undefined is left out. */
export type Item = Record<string, unknown>;

/** One write of a batch. */
export type Write = { readonly put: Item } | { readonly remove: Item };

/** A DynamoDB condition. Names `#u0..` and values `:u0..` are taken by `update`. */
export interface Condition {
  /** For example `attribute_not_exists(runSeq) OR runSeq <= :mine`. */
  readonly expression: string;
  /** Attribute names by placeholder, `#` included. */
  readonly names?: Readonly<Record<string, string>>;
  /** Values by placeholder, `:` included. */
  readonly values?: Item;
}

/** What `update` changes besides `set`. */
export interface UpdateOptions {
  /** Attributes to be removed. */
  readonly remove?: readonly string[];
  /** Numbers to be added to an attribute; a missing one counts as 0. */
  readonly add?: Readonly<Record<string, number>>;
  readonly condition?: Condition;
}

/** Which items of a partition `query` yields. */
export interface QueryOptions {
  /** The sort key's attribute with the text that it begins with. */
  readonly begins?: Item;
  /** False = descending by sort key. */
  readonly forward?: boolean;
  /** Items at most. */
  readonly limit?: number;
}

/** How `writeBatch` works through its writes. */
export interface BatchOptions {
  /** Requests of 25 writes in flight; 8 unless told. */
  readonly concurrency?: number;
  /** Ends the time budget: nothing more is begun, and ThrottledWriteError tells that writes are left. */
  readonly signal?: AbortSignal;
}

/**
 * A DynamoDB table. All reads are consistent.
 *
 * Every method throws TransientDependencyError (with `cause`) after the SDK's retries, ConfigError when the table is missing
 * or access is refused. Messages name table and operation, never content.
 */
export interface Table {
  readonly name: string;
  /** The item with exactly this key, or undefined. */
  get(key: Item): Promise<Item | undefined>;
  /** Puts a whole item. @returns false when the condition fails; so also when the answer to an own put was lost and retried */
  put(item: Item, condition?: Condition): Promise<boolean>;
  /** Changes attributes, creating the item if it is missing. @returns the new item; undefined when the condition fails */
  update(key: Item, set: Item, options?: UpdateOptions): Promise<Item | undefined>;
  /** Removes an item; a missing one is no error. @returns false when the condition fails */
  remove(key: Item, condition?: Condition): Promise<boolean>;
  /** Items of one partition in order of the sort key, paging inside. */
  query(partition: Item, options?: QueryOptions): AsyncIterable<Item>;
  /** Every item, in no order, paging inside: for tests and small tables. */
  scan(): AsyncIterable<Item>;
  /**
   * Unguarded writes in requests of 25. What the service leaves unprocessed is sent again with growing jittered pauses.
   *
   * @param writes no key twice: DynamoDB refuses two writes of a key in one request (InvariantBrokenError), and which of two
   *               requests is done first is not known
   * @returns count of writes
   * @throws ThrottledWriteError when writes are left after the last try or at the signal
   */
  writeBatch(writes: AsyncIterable<Write> | Iterable<Write>, options?: BatchOptions): Promise<number>;
}

/** The table of this name, through the one client of this process. Nothing is asked yet. */
export function openTable(name: string): Table {
  return openDynamoTable(name);
}

/** Outcome of guarded puts, in items. */
export interface GuardedPuts {
  readonly written: number;
  /** Items whose condition failed. */
  readonly refused: number;
}

/** Puts items one by one under one condition, `concurrency` (32 unless told) at once. @throws what `put` throws */
export async function conditionalPuts(
  table: Table,
  items: AsyncIterable<Item> | Iterable<Item>,
  condition: Condition,
  options: { readonly concurrency?: number } = {},
): Promise<GuardedPuts> {
  let written = 0;
  let refused = 0;
  await eachConcurrently(items, options.concurrency ?? 32, async (item) => {
    if (await table.put(item, condition)) written += 1;
    else refused += 1;
  });
  return { written, refused };
}
