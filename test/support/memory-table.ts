import { InvariantBrokenError } from '../../lib/errors.ts';
import { groupsOf } from '../../lib/store/concurrently.ts';
import { fromAttributes, toAttributes } from '../../lib/store/dynamo-items.ts';
import { TABLES, type TableDefinition, type TableKind } from '../../lib/store/table-definitions.ts';
import type { BatchOptions, Condition, Item, QueryOptions, Table, UpdateOptions, Write } from '../../lib/store/tables.ts';
import { holds } from './table-condition.ts';

/** What a table keeps of an item: as DynamoDB gives it back. */
const stored = (item: Item): Item => fromAttributes(toAttributes(item));

/** Of a batch that DynamoDB takes at once. */
const WRITES_PER_REQUEST = 25;

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A table in memory, under the contract of every table (`test/unit/store/table-contract.ts`). */
export class MemoryTable implements Table {
  readonly name: string;
  readonly #kind: TableKind;
  readonly #items: Map<string, Item>;

  constructor(kind: TableKind, items: ReadonlyMap<string, Item> = new Map()) {
    this.name = kind;
    this.#kind = kind;
    this.#items = new Map(items);
  }

  /** A table of the same items that goes its own way from here. */
  copy(): MemoryTable {
    return new MemoryTable(this.#kind, this.#items);
  }

  async get(key: Item): Promise<Item | undefined> {
    const item = this.#items.get(this.#keyOf(key));
    return item && structuredClone(item);
  }

  async put(item: Item, condition?: Condition): Promise<boolean> {
    const key = this.#keyOf(item);
    const kept = stored(item);
    if (!holds(condition, this.#items.get(key))) return false;
    this.#items.set(key, kept);
    return true;
  }

  async update(key: Item, set: Item, options: UpdateOptions = {}): Promise<Item | undefined> {
    const id = this.#keyOf(key);
    const before = this.#items.get(id);
    if (!holds(options.condition, before)) return undefined;
    const item: Item = { ...(before ?? stored(key)), ...stored(set) };
    for (const [name, by] of Object.entries(options.add ?? {})) item[name] = Number(item[name] ?? 0) + by;
    for (const name of options.remove ?? []) delete item[name];
    this.#items.set(id, item);
    return structuredClone(item);
  }

  async remove(key: Item, condition?: Condition): Promise<boolean> {
    const id = this.#keyOf(key);
    if (!holds(condition, this.#items.get(id))) return false;
    this.#items.delete(id);
    return true;
  }

  async *query(partition: Item, options: QueryOptions = {}): AsyncIterable<Item> {
    const [name = '', value] = Object.entries(partition)[0] ?? [];
    const sortKey = this.#definition.sortKey ?? '';
    const begins = (options.begins?.[sortKey] ?? '') as string;
    const found = [...this.#items.values()].filter((item) => item[name] === value && String(item[sortKey]).startsWith(begins));
    found.sort((a, b) => byBytes(String(a[sortKey]), String(b[sortKey])));
    if (options.forward === false) found.reverse();
    yield* found.slice(0, options.limit).map((item) => structuredClone(item));
  }

  async *scan(): AsyncIterable<Item> {
    yield* [...this.#items.values()].map((item) => structuredClone(item));
  }

  async writeBatch(writes: AsyncIterable<Write> | Iterable<Write>, _options: BatchOptions = {}): Promise<number> {
    let count = 0;
    for await (const group of groupsOf(writes, WRITES_PER_REQUEST)) {
      const keys = group.map((write) => this.#keyOf('put' in write ? write.put : write.remove));
      if (new Set(keys).size < keys.length) throw new InvariantBrokenError(`Table ${this.name}: two writes of one key at once.`);
      for (const write of group) await ('put' in write ? this.put(write.put) : this.remove(write.remove));
      count += group.length;
    }
    return count;
  }

  get #definition(): TableDefinition {
    return TABLES[this.#kind];
  }

  #keyOf(item: Item): string {
    const { partitionKey, sortKey } = this.#definition;
    const parts = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map((name) => {
      const value = item[name];
      if (typeof value !== 'string' || value === '')
        throw new Error(`Table ${this.name}: key ${name} is missing, expected text.`);
      return value;
    });
    return JSON.stringify(parts);
  }
}
