import { DAY_LIMIT } from '../fit/compress.ts';

/** Counts below this have rows by day; greater ones share a map. */
const DENSE_COUNTS = 256;

const NO_ROW = new Float64Array(0);

/** Rows of days begin at half a year and double as they must. */
const FIRST_DAYS = 256;

/** Pairs that the map keeps: 2^17 pairs x (3 numbers x 8 bytes + ~40 of the map) = 8 MB at the most. */
const SPARSE_PAIRS = 131_072;

/** Numbers that depend on one pair (x, day) alone. The first one is positive, which is how an entry is known to be filled. */
export type FillPair = (x: number, day: number, out: Float64Array, at: number) => void;

/**
 * Numbers by (x, whole days), computed when a pair is first asked for. What is found depends on the pair alone, never on what
 * was asked before.
 *
 * Source: a million CDNOW-like customers have 7,000 distinct (x, T) and as many (x, t_x), so nearly every look-up hits.
 * Cost: a few loads; memory 8 * width bytes per day up to the longest tenure of each x below 256 that occurs, at most 8 MB for all
 * others together.
 */
export class PairTable {
  /** Where the entry that `find` returned begins. */
  at = 0;
  /** By x below 256: entries by day, as far as they reach; an entry whose first number is 0 is not filled. For loops over customers. */
  readonly rows: readonly Float64Array[];
  readonly #rows: Float64Array[];
  readonly #width: number;
  readonly #fill: FillPair;
  readonly #places = new Map<number, number>();
  #pool = NO_ROW;

  /**
   * @param width numbers of an entry
   * @param fill computes an entry; may not ask this table
   */
  constructor(width: number, fill: FillPair) {
    this.#width = width;
    this.#fill = fill;
    this.#rows = Array.from({ length: DENSE_COUNTS }, () => NO_ROW);
    this.rows = this.#rows;
  }

  /**
   * @param x count, whole, >= 0
   * @param day whole, 0 <= day < 65536
   * @returns what holds the entry, from position `at` on; valid until the next call
   */
  find(x: number, day: number): Float64Array {
    if (x < DENSE_COUNTS) {
      const row = this.#rows[x] as Float64Array;
      const at = day * this.#width;
      this.at = at;
      return at < row.length && (row[at] as number) > 0 ? row : this.#fillRow(x, day);
    }
    return this.#findSparse(x, day);
  }

  /** Gives all memory back; pairs are computed again when they are asked for. */
  release(): void {
    this.#rows.fill(NO_ROW);
    this.#places.clear();
    this.#pool = NO_ROW;
  }

  #fillRow(x: number, day: number): Float64Array {
    let row = this.#rows[x] as Float64Array;
    const at = day * this.#width;
    if (at >= row.length) {
      let days = FIRST_DAYS;
      while (days <= day) days *= 2;
      const grown = new Float64Array(days * this.#width);
      grown.set(row);
      this.#rows[x] = grown;
      row = grown;
    }
    this.#fill(x, day, row, at);
    return row;
  }

  #findSparse(x: number, day: number): Float64Array {
    const key = x * DAY_LIMIT + day;
    const known = this.#places.get(key);
    if (known !== undefined) {
      this.at = known;
      return this.#pool;
    }
    if (this.#places.size >= SPARSE_PAIRS) this.#places.clear();
    const at = this.#places.size * this.#width;
    if (at >= this.#pool.length) {
      const grown = new Float64Array(Math.max(FIRST_DAYS * this.#width, 2 * this.#pool.length));
      grown.set(this.#pool);
      this.#pool = grown;
    }
    this.#fill(x, day, this.#pool, at);
    this.#places.set(key, at);
    this.at = at;
    return this.#pool;
  }
}
