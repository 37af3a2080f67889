import { TRANSACTION_TYPES, VOID } from '../arrow/schemas.ts';
import type { FactTable } from '../book/facts.ts';
import type { ShardBook } from '../book/shard-book.ts';
import { currencyOfNumber } from '../money.ts';

/** Sums of amounts in their own minor units, by `<currency> <type>`. Voids have none. */
export type Amounts = Readonly<Record<string, number>>;

/** Adds amounts to sums of them. */
export function addAmounts(sums: Record<string, number>, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts)) sums[name] = (sums[name] ?? 0) + amount;
}

/** The amounts of a ledger file, as they were read. @param base ISO 4217, the currency of rows that name none */
export function amountsOf({ rows, columns: c }: FactTable, base: string): Amounts {
  const sums: Record<string, number> = {};
  let [currency, type, sum] = [-1, -1, 0];
  const close = () => {
    if (type >= 0 && type !== VOID) addAmounts(sums, { [nameOf(currency, type, base)]: sum });
  };
  for (let row = 0; row < rows; row++) {
    if (c.currency[row] !== currency || c.type[row] !== type) {
      close();
      [currency, type, sum] = [c.currency[row] as number, c.type[row] as number, 0];
    }
    sum += c.amount_minor[row] as number;
  }
  close();
  return sums;
}

/** What is left to apply of the facts that wait. */
export function pendingAmounts(book: ShardBook): Amounts {
  const sums: Record<string, number> = {};
  for (const { fact, amountMinor } of book.pending) {
    const { columns: c } = fact.table;
    const type = c.type[fact.row] as number;
    if (type === VOID) continue;
    addAmounts(sums, { [nameOf(c.currency[fact.row] as number, type, book.rules.baseCurrency)]: amountMinor });
  }
  return sums;
}

const nameOf = (currency: number, type: number, base: string) => `${currencyOfNumber(currency, base)} ${TRANSACTION_TYPES[type]}`;
