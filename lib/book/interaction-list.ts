import { ByteColumnBuilder, type Columns, compareRows } from '../arrow/columns.ts';
import type { INTERACTIONS } from '../arrow/schemas.ts';
import type { EpochDay } from '../time.ts';
import type { InteractionFacts } from './night-facts.ts';

/** Days for which an interaction is kept (docs/architecture.md, Book). */
export const INTERACTION_DAYS = 90;

type StoredColumns = Columns<typeof INTERACTIONS>;

/** Interactions by node. Instants in milliseconds since 1970-01-01T00:00Z, epoch days, codes of kinds; a missing score is NaN. */
export interface InteractionNodes {
  next: Int32Array;
  occurredAt: Float64Array;
  day: Int32Array;
  kind: Uint8Array;
  score: Float64Array;
}

const newNodes = (size: number): InteractionNodes => ({
  next: new Int32Array(size),
  occurredAt: new Float64Array(size),
  day: new Int32Array(size),
  kind: new Uint8Array(size),
  score: new Float64Array(size),
});

/** The interactions of a shard's customers: a list per customer, by (instant, id), the head of which the book keeps. */
export class InteractionList {
  #nodes = newNodes(256);
  #ids = new ByteColumnBuilder(256, 4096);
  #channels = new ByteColumnBuilder(256, 4096);
  #removed = 0;
  /** Day from which on interactions are known; earlier ones are forgotten. Set by the fold of a night. */
  oldest: EpochDay = Number.NEGATIVE_INFINITY;

  /** Nodes so far, with those that are out of date. */
  get #size(): number {
    return this.#ids.rows;
  }

  /** Number of interactions that no erasure took. */
  get size(): number {
    return this.#size - this.#removed;
  }

  /** Takes over a stored table, ordered by customer, instant, id; notes the head of each customer's list in `heads`. */
  load(from: StoredColumns, rows: number, heads: Int32Array): void {
    if (rows === 0) return;
    const next = new Int32Array(rows);
    for (let row = rows - 1; row >= 0; row--) {
      const slot = from.customer[row] as number;
      next[row] = heads[slot] as number;
      heads[slot] = row;
    }
    const copy = <T extends Float64Array | Int32Array | Uint8Array>(column: T): T => column.slice(0, rows) as T;
    this.#nodes = {
      next,
      occurredAt: copy(from.occurred_at),
      day: copy(from.business_day),
      kind: copy(from.kind),
      score: copy(from.score),
    };
    this.#ids = ByteColumnBuilder.of(from.interaction_id, rows, from.interaction_id.offsets[rows] as number);
    this.#channels = ByteColumnBuilder.of(from.channel, rows, from.channel.offsets[rows] as number);
  }

  /**
   * The interactions by node, for readers: a customer's begin at the head that the book keeps and go on by `next`, ascending by
   * instant, -1 at the end. Some may be older than `oldest`, or of a day to come. Valid until the next fold; not to be changed.
   */
  get nodes(): Readonly<InteractionNodes> {
    return this.#nodes;
  }

  /** Node of a customer's interaction by its id, or -1. */
  find(head: number, table: InteractionFacts, row: number): number {
    const { next, day } = this.#nodes;
    if (head < 0) return -1;
    const ids = this.#ids.finish();
    for (let node = head; node >= 0; node = next[node] as number) {
      if ((day[node] as number) >= this.oldest && compareRows(ids, node, table.columns.interaction_id, row) === 0) return node;
    }
    return -1;
  }

  /** True when a node holds what a row tells. */
  hasContent(node: number, { columns: c }: InteractionFacts, row: number): boolean {
    const { occurredAt, kind, score } = this.#nodes;
    if (occurredAt[node] !== c.occurred_at[row] || kind[node] !== c.kind[row] || !Object.is(score[node], c.score[row]))
      return false;
    return compareRows(this.#channels.finish(), node, c.channel, row) === 0;
  }

  /** Adds an interaction to a customer's list. @returns the head of the list */
  add(head: number, table: InteractionFacts, row: number): number {
    const added = this.#append(table, row);
    const { next, occurredAt } = this.#nodes;
    const at = occurredAt[added] as number;
    const ids = this.#ids.finish();
    let before = -1;
    let node = head;
    while (node >= 0 && ((occurredAt[node] as number) - at || compareRows(ids, node, ids, added)) < 0) {
      before = node;
      node = next[node] as number;
    }
    next[added] = node;
    if (before < 0) return added;
    next[before] = added;
    return head;
  }

  /** Notes that a list belongs to nobody any more. */
  removeAll(head: number): void {
    for (let node = head; node >= 0; node = this.#nodes.next[node] as number) this.#removed++;
  }

  /**
   * The interactions that are not forgotten as a table.
   *
   * @param order slots of the customers in the order of the customers table @param heads by slot
   */
  table(order: Int32Array, heads: Int32Array): { rows: number; columns: StoredColumns } {
    const { next, occurredAt, day, kind, score } = this.#nodes;
    const [nodes, customers]: [number[], number[]] = [[], []];
    for (let row = 0; this.size > 0 && row < order.length; row++) {
      for (let node = heads[order[row] as number] as number; node >= 0; node = next[node] as number) {
        if ((day[node] as number) < this.oldest) continue;
        nodes.push(node);
        customers.push(row);
      }
    }
    const [ids, channels] = [new ByteColumnBuilder(nodes.length), new ByteColumnBuilder(nodes.length)];
    const [ownIds, ownChannels] = [this.#ids.finish(), this.#channels.finish()];
    for (const node of nodes) {
      ids.appendRow(ownIds, node);
      channels.appendRow(ownChannels, node);
    }
    return {
      rows: nodes.length,
      columns: {
        interaction_id: ids.finish(),
        customer: Int32Array.from(customers),
        occurred_at: Float64Array.from(nodes, (node) => occurredAt[node] as number),
        business_day: Int32Array.from(nodes, (node) => day[node] as number),
        kind: Uint8Array.from(nodes, (node) => kind[node] as number),
        score: Float64Array.from(nodes, (node) => score[node] as number),
        channel: channels.finish(),
      },
    };
  }

  #append({ columns: c }: InteractionFacts, row: number): number {
    const node = this.#size;
    if (node >= this.#nodes.day.length) {
      const grown = newNodes(Math.max(256, node * 2));
      for (const name of Object.keys(grown) as (keyof typeof grown)[]) grown[name].set(this.#nodes[name]);
      this.#nodes = grown;
    }
    this.#nodes.occurredAt[node] = c.occurred_at[row] as number;
    this.#nodes.day[node] = c.business_day[row] as number;
    this.#nodes.kind[node] = c.kind[row] as number;
    this.#nodes.score[node] = c.score[row] as number;
    this.#ids.appendRow(c.interaction_id, row);
    this.#channels.appendRow(c.channel, row);
    return node;
  }
}
