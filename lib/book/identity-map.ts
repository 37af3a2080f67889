/** Numbers 96-bit hashes, from 0 in the order in which they come: open addressing, no object per hash. */
export class IdentityMap {
  /** Three words of each hash, by number. */
  words = new Uint32Array(3 * 1024);
  size = 0;
  /** Number of the hash in a place, -1 where free. */
  #table = new Int32Array(2048).fill(-1);
  #mask = 2047;

  /** Number of a hash, or -1. */
  find(h0: number, h1: number, h2: number): number {
    return this.#table[this.#probe(h0, h1, h2)] as number;
  }

  /** Number of a hash; that of a new one is the number of hashes before. */
  numberOf(hash: Uint32Array): number {
    if ((this.size + 1) * 2 > this.#table.length) this.#grow();
    const [h0, h1, h2] = [hash[0] as number, hash[1] as number, hash[2] as number];
    const at = this.#probe(h0, h1, h2);
    const number = this.#table[at] as number;
    if (number >= 0) return number;
    const added = this.size++;
    this.#table[at] = added;
    this.words[3 * added] = h0;
    this.words[3 * added + 1] = h1;
    this.words[3 * added + 2] = h2;
    return added;
  }

  /** Place of a hash, or the free one that it would get. */
  #probe(h0: number, h1: number, h2: number): number {
    const words = this.words;
    let at = h0 & this.#mask;
    for (let number = this.#table[at] as number; number >= 0; number = this.#table[at] as number) {
      if (words[3 * number] === h0 && words[3 * number + 1] === h1 && words[3 * number + 2] === h2) return at;
      at = (at + 1) & this.#mask;
    }
    return at;
  }

  #grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.#table = new Int32Array(this.#table.length * 2).fill(-1);
    this.#mask = this.#table.length - 1;
    for (let number = 0; number < this.size; number++) {
      let at = (words[3 * number] as number) & this.#mask;
      while ((this.#table[at] as number) >= 0) at = (at + 1) & this.#mask;
      this.#table[at] = number;
    }
  }
}
