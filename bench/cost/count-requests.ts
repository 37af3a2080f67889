import { toAttributes } from '../../lib/store/dynamo-items.ts';
import { chunksOf, sizeOf } from '../../lib/store/object-content.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import type { Item, Table } from '../../lib/store/tables.ts';

/** Above this size the S3 store uploads in parts of that size (lib/store/s3-upload.ts). */
const SINGLE_PUT_BYTES = 16 * 2 ** 20;
const PART_BYTES = 8 * 2 ** 20;

/** Objects of a listing page, items of a query page. */
const PAGE = 1000;

/** Bytes of a write unit and of a read unit of DynamoDB. */
const UNIT_BYTES = { write: 1024, read: 4096 } as const;

/** What would be asked of S3 and DynamoDB. */
export interface Requests {
  /** PUT, parts of uploads, LIST. */
  s3Puts: number;
  /** GET and HEAD. */
  s3Gets: number;
  /** Bytes of new objects. */
  s3Bytes: number;
  /** Units of the runs table, which do not grow with the customers. */
  ledgerWrites: number;
  ledgerReads: number;
  /** Units of profiles and transitions. */
  customerWrites: number;
  customerReads: number;
  /** Bytes of the items that were written. */
  customerBytes: number;
}

/** Nothing asked yet. */
export const noRequests = (): Requests => ({
  s3Puts: 0,
  s3Gets: 0,
  s3Bytes: 0,
  ledgerWrites: 0,
  ledgerReads: 0,
  customerWrites: 0,
  customerReads: 0,
  customerBytes: 0,
});

/**
 * A store that counts what the S3 store would ask for each call.
 *
 * @param growth how much bigger objects are meant to be than they are: parts of uploads are counted of that size
 */
export function countingStore(store: ObjectStore, counts: Requests, growth: number): ObjectStore {
  const put = (bytes: number) => {
    counts.s3Bytes += bytes;
    const meant = bytes * growth;
    counts.s3Puts += meant > SINGLE_PUT_BYTES ? Math.ceil(meant / PART_BYTES) + 2 : 1;
    // Before a large object is sent, its key is asked for.
    if (meant > SINGLE_PUT_BYTES) counts.s3Gets += 1;
  };
  const asGet = <T>(answer: T): T => {
    counts.s3Gets += 1;
    return answer;
  };
  return {
    url: store.url,
    get: (key) => asGet(store.get(key)),
    read: (key) => asGet(store.read(key)),
    stream: (key) => asGet(store.stream(key)),
    readRange: (key, start, end) => asGet(store.readRange(key, start, end)),
    stat: (key) => asGet(store.stat(key)),
    async *list(prefix) {
      let objects = 0;
      for await (const info of store.list(prefix)) {
        if (objects++ % PAGE === 0) counts.s3Puts += 1;
        yield info;
      }
      if (objects === 0) counts.s3Puts += 1;
    },
    create: (key, content) => {
      put(sizeOf(chunksOf(content)));
      return store.create(key, content);
    },
    replace: (key, bytes, etag) => {
      put(bytes.length);
      return store.replace(key, bytes, etag);
    },
    rewrite: (key, chunks, etag) => store.rewrite(key, chunks, etag),
    remove: (key) => store.remove(key),
  };
}

/** The runs table, counted. */
export function countingTable(table: Table, counts: Requests): Table {
  const read = (items: readonly (Item | undefined)[]) => {
    counts.ledgerReads += Math.max(1, Math.ceil(items.reduce((sum, item) => sum + sizeOfItem(item ?? {}), 0) / UNIT_BYTES.read));
  };
  const write = (item: Item) => {
    counts.ledgerWrites += unitsOf(item);
  };
  return {
    name: table.name,
    async get(key) {
      const item = await table.get(key);
      read([item]);
      return item;
    },
    put(item, condition) {
      write(item);
      return table.put(item, condition);
    },
    async update(key, set, options) {
      const item = await table.update(key, set, options);
      write(item ?? key);
      return item;
    },
    remove(key, condition) {
      write(key);
      return table.remove(key, condition);
    },
    async *query(partition, options) {
      const items: Item[] = [];
      for await (const item of table.query(partition, options)) items.push(item);
      read(items);
      yield* items;
    },
    scan: () => table.scan(),
    writeBatch: (writes, options) => table.writeBatch(writes, options),
  };
}

/** A table of customers that counts and keeps nothing: a run writes it, and reads only its own markers and files. */
export function sinkTable(name: string, counts: Requests): Table {
  const put = (item: Item) => {
    counts.customerWrites += unitsOf(item);
    counts.customerBytes += sizeOfItem(item);
  };
  return {
    name,
    async get() {
      counts.customerReads += 1;
      return undefined;
    },
    async put(item) {
      put(item);
      return true;
    },
    async update(key, set) {
      put({ ...key, ...set });
      return { ...key, ...set };
    },
    async remove(key) {
      counts.customerWrites += unitsOf(key);
      return true;
    },
    query() {
      counts.customerReads += 1;
      return nothing();
    },
    scan: nothing,
    async writeBatch(writes) {
      let count = 0;
      for await (const one of writes) {
        if ('put' in one) put(one.put);
        else counts.customerWrites += 1;
        count++;
      }
      return count;
    },
  };
}

async function* nothing(): AsyncGenerator<Item> {}

const unitsOf = (item: Item): number => Math.max(1, Math.ceil(sizeOfItem(item) / UNIT_BYTES.write));

/** Bytes of an item as DynamoDB counts them, numbers as their text: a little more. */
function sizeOfItem(item: Item): number {
  return Object.entries(toAttributes(item)).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value), 0);
}

function sizeOfValue(attribute: object): number {
  const [value] = Object.values(attribute) as [unknown];
  if (Array.isArray(value)) return value.reduce((sum: number, part: object) => sum + 1 + sizeOfValue(part), 3);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).reduce(
      (sum, [name, part]) => sum + Buffer.byteLength(name) + 1 + sizeOfValue(part as object),
      3,
    );
  }
  return typeof value === 'boolean' ? 1 : Buffer.byteLength(String(value));
}
