import type { NightFold } from '../../lib/book/night-fold.ts';
import type { PendingReason } from '../../lib/book/pending.ts';
import type { ShardBook } from '../../lib/book/shard-book.ts';
import { ConfigError } from '../../lib/errors.ts';
import { currencyOfNumber } from '../../lib/money.ts';
import { counted } from '../../lib/run/counted.ts';
import { sumOf } from '../../lib/run/sum.ts';
import { count } from '../table.ts';

/** What a fact waits for. */
const NEEDS: Readonly<Record<PendingReason, string>> = {
  FUTURE_EVENT: 'the day of the event',
  ORPHAN: 'the sale to refund or void',
  EXCESS_REFUND: 'more to refund of the sale',
  UNCOVERED_REFUND: 'a day of sales that covers the refund',
  MISSING_RATE: 'an exchange rate',
};

/** What is wrong with a row that was refused at once; a rule without words stands as it is. */
const WRONG: Readonly<Record<string, string>> = {
  CONFLICT: 'with an id that has other content',
  CURRENCY_MISMATCH: 'in another currency than the sale to refund',
  AMOUNT_TOO_LARGE: 'of too large an amount',
  RATE_CONFLICT: 'with another rate of the same day and currency',
};

/** Counts by name. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  get total(): number {
    return sumOf([...this.counts.values()], (times) => times);
  }

  /** Most first. */
  toString(): string {
    const most = [...this.counts].sort(([, a], [, b]) => b - a);
    return most.map(([name, times]) => `${count(times)} ${name}`).join(', ');
  }
}

/** Rows of drops that are in no book in the end, gathered while books are folded. */
export class UncountedRows {
  readonly #currency: string;
  readonly #refused = new Tally();
  readonly #inVain = new Tally();
  readonly #waiting = new Tally();
  /** Those without an exchange rate, by currency. */
  readonly #foreign = new Tally();
  #sales = 0;

  /** @param currency of the books, ISO 4217 */
  constructor(currency: string) {
    this.#currency = currency;
  }

  /** Takes what a night of a shard refused. */
  addNight({ refused, counts }: Pick<NightFold, 'refused' | 'counts'>, shard: number): void {
    this.#sales += counts.sales;
    for (const { rule, feed, fact } of refused) {
      // rates are read in every shard
      if (feed === 'rates' && shard > 0) continue;
      if (rule in NEEDS) this.#inVain.add(this.#need(rule as PendingReason, String(fact['currency'])));
      else this.#refused.add(WRONG[rule] ?? rule);
    }
  }

  /** Takes what still waits in a shard's last book. */
  addBook({ pending }: Pick<ShardBook, 'pending'>): void {
    for (const { reason, fact } of pending) {
      const currency = currencyOfNumber(fact.table.columns.currency[fact.row] as number, this.#currency);
      this.#waiting.add(this.#need(reason, currency));
    }
  }

  #need(reason: PendingReason, currency: string): string {
    if (reason !== 'MISSING_RATE') return `for ${NEEDS[reason]}`;
    this.#foreign.add(currency);
    return `for ${NEEDS[reason]} of ${currency} to ${this.#currency}`;
  }

  /** @throws ConfigError when no sale was counted and rows lack an exchange rate: most likely the currency is not that of the shop */
  refuseForeign(dropsUrl: string): void {
    const { counts, total } = this.#foreign;
    if (this.#sales > 0 || total === 0) return;
    throw new ConfigError(
      `Drops ${dropsUrl}: no sale counted, and no exchange rate for ${counted(total, 'row')} in ${[...counts.keys()].join(', ')}, expected rows in ${this.#currency}, the currency of the configuration. Name a configuration with yours by --config FILE, or deliver the feed rates.`,
    );
  }

  /** A warning for each kind of rows. */
  warnings(): string[] {
    const kinds = [
      [this.#refused, 'left out'],
      [this.#inVain, 'left out after waiting in vain'],
      [this.#waiting, 'not counted, waiting'],
    ] as const;
    return kinds
      .filter(([{ total }]) => total > 0)
      .map(([tally, what]) => `warning: ${counted(tally.total, 'row')} ${what}: ${tally}.`);
  }
}
