import { type BuyerRows, buyerRows } from '../../book/buyer-rows.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import {
  compressPurchases,
  compressSpend,
  type PurchaseCells,
  type PurchaseRows,
  type SpendCells,
  type SpendRows,
} from '../../clv/fit/compress.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { currencyExponent } from '../../money.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import { repeatCustomers } from '../engine/epoch-population.ts';

/** What `fit` fits to. */
export interface FitInput {
  /** Days. */
  readonly purchases: PurchaseCells;
  /** Minor units. */
  readonly spend: SpendCells;
  /** Repeat customers without positive spend: they are not among `spend`. */
  readonly leftOut: number;
  /** Decimals of the amounts. */
  readonly exponent: number;
  /** The buyers themselves, where they are known, with what holds for them. */
  readonly buyers?: {
    readonly date: BusinessDate;
    readonly currency: string;
    readonly config: PerennialConfig;
    readonly parts: readonly BuyerRows[];
  };
}

/** The buyers as known on a date. For a fit: lib/book/buyer-rows.ts; for a holdout: purchase-histories.ts, then holdout-rows.ts. */
export interface Buyers {
  /** The date: the one that was asked for, else the newest. */
  readonly date: BusinessDate;
  /** The configuration in force, every default filled. */
  readonly config: PerennialConfig;
  /** Currency of the books, ISO 4217. */
  readonly currency: string;
  /** The book of every shard, one after another, to be gone through once; a book may be dropped when the next is asked for. */
  readonly books: AsyncIterable<ShardBook>;
}

/** Gathers the buyers of every shard for a fit. */
export async function inputOfBuyers({ books, date, currency, config }: Buyers): Promise<FitInput> {
  const parts: BuyerRows[] = [];
  for await (const book of books) parts.push(buyerRows(book, dayOf(date)));
  return { ...inputOfRows(parts, currency), buyers: { date, currency, config, parts } };
}

/** Compresses rows of buyers, of every shard, for a fit. @param currency of their amounts, ISO 4217 */
export function inputOfRows(parts: readonly (PurchaseRows & SpendRows)[], currency: string): FitInput {
  const purchases = compressPurchases(parts);
  const spend = compressSpend(parts);
  const inSpend = spend.weight.reduce((sum, w) => sum + w, 0);
  return { purchases, spend, leftOut: repeatCustomers(purchases) - inSpend, exponent: currencyExponent(currency) };
}
