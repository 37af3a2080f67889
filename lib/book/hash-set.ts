import type { IndexColumns } from './transaction-index.ts';

/** A set of 96-bit hashes. */
export class HashSet {
  #words = new Uint32Array(3 * 2048);
  #used = new Uint8Array(2048);
  #mask = 2047;
  /** What `#inOrder` found last. */
  #ordered = new Int32Array(0);
  size = 0;

  /** Adds a hash. */
  add(hash: Uint32Array): void {
    if ((this.size + 1) * 2 > this.#used.length) this.#grow();
    this.#insert(hash[0] as number, hash[1] as number, hash[2] as number);
  }

  /** True when the hash was added. */
  has(h0: number, h1: number, h2: number): boolean {
    for (let at = h0 & this.#mask; this.#used[at] === 1; at = (at + 1) & this.#mask) {
      if (this.#words[3 * at] === h0 && this.#words[3 * at + 1] === h1 && this.#words[3 * at + 2] === h2) return true;
    }
    return false;
  }

  /** Rows of a stored month whose ids are in the set, ascending. */
  rowsIn(stored: Pick<IndexColumns, 'id_hash_0' | 'id_hash_1' | 'id_hash_2'>, rows: number): number[] {
    // a month is ordered by hash: few ids are looked for one by one, many by going through the month
    if (this.size * 8 < rows) return this.#gallop(stored, rows);
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = stored;
    const found: number[] = [];
    for (let row = 0; row < rows; row++) {
      if (this.has(h0[row] as number, h1[row] as number, h2[row] as number)) found.push(row);
    }
    return found;
  }

  /** The same, from one id to the next in growing steps. */
  #gallop(stored: Pick<IndexColumns, 'id_hash_0' | 'id_hash_1' | 'id_hash_2'>, rows: number): number[] {
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = stored;
    const words = this.#words;
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

  /** Places of the hashes, ordered by their first words and then by the others. */
  #inOrder(): Int32Array {
    if (this.#ordered.length === this.size) return this.#ordered;
    const places = new Int32Array(this.size);
    let count = 0;
    for (let at = 0; at < this.#used.length; at++) if (this.#used[at] === 1) places[count++] = at;
    const words = this.#words;
    const difference = (a: number, b: number, word: number) => (words[3 * a + word] as number) - (words[3 * b + word] as number);
    this.#ordered = places.sort((a, b) => difference(a, b, 0) || difference(a, b, 1) || difference(a, b, 2));
    return this.#ordered;
  }

  #insert(h0: number, h1: number, h2: number): void {
    let at = h0 & this.#mask;
    while (this.#used[at] === 1) {
      if (this.#words[3 * at] === h0 && this.#words[3 * at + 1] === h1 && this.#words[3 * at + 2] === h2) return;
      at = (at + 1) & this.#mask;
    }
    this.#used[at] = 1;
    this.#words[3 * at] = h0;
    this.#words[3 * at + 1] = h1;
    this.#words[3 * at + 2] = h2;
    this.size++;
  }

  #grow(): void {
    const [words, used] = [this.#words, this.#used];
    this.#words = new Uint32Array(words.length * 2);
    this.#used = new Uint8Array(used.length * 2);
    this.#mask = this.#used.length - 1;
    this.size = 0;
    for (let at = 0; at < used.length; at++) {
      if (used[at] === 1) this.#insert(words[3 * at] as number, words[3 * at + 1] as number, words[3 * at + 2] as number);
    }
  }
}
