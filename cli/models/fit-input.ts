import { type BuyerRows, buyerRows } from '../../lib/book/buyer-rows.ts';
import { compressPurchases, compressSpend, type PurchaseCells, type SpendCells } from '../../lib/clv/fit/compress.ts';
import type { PerennialConfig } from '../../lib/config/config.ts';
import { currencyExponent } from '../../lib/money.ts';
import { type BusinessDate, dayOf } from '../../lib/time.ts';
import type { Buyers } from '../buyer-source.ts';
import { CENTS_EXPONENT, type CountedCustomers } from './cells-file.ts';

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

/** Of counted customers. */
export function inputOfCells({ purchases, spend, leftOut }: CountedCustomers): FitInput {
  return { purchases, spend, leftOut, exponent: CENTS_EXPONENT };
}

/** Of the buyers as known on a date. */
export async function inputOfBuyers({ books, date, currency, config }: Buyers): Promise<FitInput> {
  const parts: BuyerRows[] = [];
  for await (const book of books) {
    parts.push(buyerRows(book, dayOf(date)));
  }
  const purchases = compressPurchases(parts);
  const spend = compressSpend(parts);
  return {
    purchases,
    spend,
    leftOut: customersOf(purchases, (i) => (purchases.x[i] as number) > 0) - customersOf(spend),
    exponent: currencyExponent(currency),
    buyers: { date, currency, config, parts },
  };
}

function customersOf({ weight }: PurchaseCells | SpendCells, isWanted: (i: number) => boolean = () => true): number {
  return weight.reduce((sum, w, i) => (isWanted(i) ? sum + w : sum), 0);
}
