import { type ByteColumn, ByteColumnBuilder, compareBytes, compareRows } from '../arrow/columns.ts';
import { murmur128 } from '../ledger/id-hash.ts';

const hash = new Uint32Array(4);

/**
 * Customer ids of a shard by slot, found by an open-addressing table over their bytes: no string per customer.
 *
 * Slots are given in the order of arrival and never change; `sortedSlots` gives the order of the ids' bytes.
 */
export class IdTable {
  #builder = new ByteColumnBuilder();
  #view: ByteColumn = this.#builder.finish();
  #table = new Int32Array(2048).fill(-1);
  #mask = 2047;
  /** The first slots, up to here, arrived in the order of their bytes. */
  #sortedPrefix = 0;
  /** The first slots, up to here, are not in the table yet: a night asks for few ids, which are found by bisection. */
  #unhashed = 0;
  /** Times that the slots outside the table were searched. */
  #searches = 0;
  /** What `sortedSlots` found last. */
  #sorted = new Int32Array(0);

  /** Number of ids. */
  get size(): number {
    return this.#builder.rows;
  }

  /** The ids as a column, by slot. Valid until the next id is added. */
  get column(): ByteColumn {
    return this.#view;
  }

  /** Takes over ids that are ordered and distinct, as the slots 0, 1, 2 ... */
  static fromSorted(ids: ByteColumn, rows: number): IdTable {
    const table = new IdTable();
    const bytes = ids.offsets[rows] as number;
    table.#builder = ByteColumnBuilder.of(ids, rows, bytes);
    table.#view = table.#builder.finish();
    table.#sortedPrefix = rows;
    table.#unhashed = rows;
    return table;
  }

  /** Slot of the id `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const early = this.#search(bytes, start, end);
    if (early >= 0) return early;
    murmur128(bytes, start, end, 1, hash);
    return this.#table[this.#probe(bytes, start, end, hash[0] as number)] as number;
  }

  /** Slot of the id, added when it is new. */
  findOrAdd(bytes: Uint8Array, start: number, end: number): number {
    const early = this.#search(bytes, start, end);
    if (early >= 0) return early;
    if ((this.size - this.#unhashed + 1) * 2 > this.#table.length) this.#rebuild((this.size - this.#unhashed + 1) * 2);
    murmur128(bytes, start, end, 1, hash);
    const at = this.#probe(bytes, start, end, hash[0] as number);
    const found = this.#table[at] as number;
    if (found >= 0) return found;
    const slot = this.size;
    this.#builder.append(bytes, start, end);
    this.#view = this.#builder.finish();
    this.#table[at] = slot;
    return slot;
  }

  /** Slots in the order of the ids' bytes. Not to be changed: the same array is given until the next id is added. */
  sortedSlots(): Int32Array {
    if (this.#sorted.length === this.size) return this.#sorted;
    const ids = this.#view;
    const late = new Int32Array(this.size - this.#sortedPrefix);
    for (let i = 0; i < late.length; i++) late[i] = this.#sortedPrefix + i;
    late.sort((a, b) => compareRows(ids, a, ids, b));
    const order = new Int32Array(this.size);
    let early = 0;
    let at = 0;
    for (const slot of late) {
      const end = this.#firstAfter(slot, early);
      while (early < end) order[at++] = early++;
      order[at++] = slot;
    }
    while (early < this.#sortedPrefix) order[at++] = early++;
    this.#sorted = order;
    return order;
  }

  /** First slot of the sorted prefix, from `low` on, whose id is not before that of `slot`. */
  #firstAfter(slot: number, low: number): number {
    const ids = this.#view;
    let [from, to] = [low, this.#sortedPrefix];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareRows(ids, middle, ids, slot) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Slot of an id among those outside the table, or -1; after many searches all ids go into the table. */
  #search(bytes: Uint8Array, start: number, end: number): number {
    if (this.#unhashed === 0) return -1;
    if (++this.#searches * 4 > this.#unhashed) {
      this.#unhashed = 0;
      this.#rebuild(this.size + 1);
      return -1;
    }
    const ids = this.#view;
    let [from, to] = [0, this.#unhashed];
    while (from < to) {
      const middle = (from + to) >> 1;
      const order = compareBytes(ids.bytes, ids.offsets[middle] as number, ids.offsets[middle + 1] as number, bytes, start, end);
      if (order === 0) return middle;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return -1;
  }

  /** Position in the table of the id, or of the free place where it belongs. */
  #probe(bytes: Uint8Array, start: number, end: number, first: number): number {
    const { bytes: own, offsets } = this.#view;
    const length = end - start;
    let at = first & this.#mask;
    for (;;) {
      const slot = this.#table[at] as number;
      if (slot < 0) return at;
      const from = offsets[slot] as number;
      if ((offsets[slot + 1] as number) - from === length) {
        let i = 0;
        while (i < length && own[from + i] === bytes[start + i]) i++;
        if (i === length) return at;
      }
      at = (at + 1) & this.#mask;
    }
  }

  #rebuild(atLeast: number): void {
    let size = 2048;
    while (size < atLeast * 2) size *= 2;
    this.#table = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
    const { bytes, offsets } = this.#view;
    for (let slot = this.#unhashed; slot < this.size; slot++) {
      murmur128(bytes, offsets[slot] as number, offsets[slot + 1] as number, 1, hash);
      let at = (hash[0] as number) & this.#mask;
      while ((this.#table[at] as number) >= 0) at = (at + 1) & this.#mask;
      this.#table[at] = slot;
    }
  }
}
