import { IdentityMap } from './identity-map.ts';
import type { IndexColumns } from './transaction-index.ts';

/** A set of 96-bit hashes that is looked for in stored months. */
export class HashSet {
  readonly #hashes = new IdentityMap();
  /** What `#inOrder` found last. */
  #ordered = new Int32Array(0);

  get size(): number {
    return this.#hashes.size;
  }

  /** Adds a hash, its first three words. */
  add(hash: Uint32Array): void {
    this.#hashes.numberOf(hash);
  }

  /** Rows of a stored month whose ids are in the set, ascending. */
  rowsIn(stored: Pick<IndexColumns, 'id_hash_0' | 'id_hash_1' | 'id_hash_2'>, rows: number): number[] {
    // a month is ordered by hash: few ids are looked for one by one, many by going through the month
    if (this.size * 8 < rows) return this.#gallop(stored, rows);
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = stored;
    const found: number[] = [];
    for (let row = 0; row < rows; row++) {
      if (this.#hashes.find(h0[row] as number, h1[row] as number, h2[row] as number) >= 0) found.push(row);
    }
    return found;
  }

  /** The same, from one id to the next in growing steps. */
  #gallop(stored: Pick<IndexColumns, 'id_hash_0' | 'id_hash_1' | 'id_hash_2'>, rows: number): number[] {
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = stored;
    const { words } = this.#hashes;
    const found: number[] = [];
    let from = 0;
    for (const at of this.#inOrder()) {
      const first = words[3 * at] as number;
      let step = 8;
      while (from + step < rows && (h0[from + step] as number) < first) {
        from += step;
        step *= 2;
      }
      let to = Math.min(from + step, rows);
      while (from < to) {
        const middle = (from + to) >> 1;
        if ((h0[middle] as number) < first) from = middle + 1;
        else to = middle;
      }
      for (let row = from; row < rows && h0[row] === first; row++) {
        if (h1[row] === words[3 * at + 1] && h2[row] === words[3 * at + 2]) found.push(row);
      }
    }
    return found;
  }

  /** Numbers of the hashes, ordered by their first words and then by the others. */
  #inOrder(): Int32Array {
    if (this.#ordered.length === this.size) return this.#ordered;
    const { words } = this.#hashes;
    const difference = (a: number, b: number, word: number) => (words[3 * a + word] as number) - (words[3 * b + word] as number);
    const numbers = Int32Array.from({ length: this.size }, (_, number) => number);
    this.#ordered = numbers.sort((a, b) => difference(a, b, 0) || difference(a, b, 1) || difference(a, b, 2));
    return this.#ordered;
  }
}
