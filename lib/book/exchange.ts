import { byteColumnOf, type Columns, textAt } from '../arrow/columns.ts';
import type { RATES } from '../arrow/schemas.ts';
import { ContractMismatchError } from '../errors.ts';
import { currencyExponent, currencyNumber, currencyOfNumber } from '../money.ts';
import { type EpochDay, formatDay } from '../time.ts';

/** A rate as an exact decimal: `digits` / 10^`scale` units of the base currency per unit. */
interface Rate {
  /** Without leading and trailing zeros: equal rates have equal texts. */
  readonly text: string;
  readonly digits: bigint;
  readonly scale: number;
}

/** The shortest form of a decimal text: `01.50` is `1.5`. @throws ContractMismatchError when it is none above 0 */
export function canonicalRate(text: string): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const whole = match?.[1]?.replace(/^0+(?=\d)/, '') ?? '';
  const decimals = match?.[2]?.replace(/0+$/, '') ?? '';
  if (!match || !/[1-9]/.test(whole + decimals)) {
    throw new ContractMismatchError(
      `Rate ${JSON.stringify(text)}: not a decimal above 0, expected one in the ledger. Restore the ledger file.`,
    );
  }
  return decimals === '' ? whole : `${whole}.${decimals}`;
}

/** Quotient of two integers, b > 0, rounded half away from zero. */
function roundedQuotient(a: bigint, b: bigint): bigint {
  // division of BigInts goes towards zero
  return (2n * a + (a < 0n ? -b : b)) / (2n * b);
}

/** Places of a day in a key: dates of the years 1900 to 2199 fit. */
const [DAYS_SPAN, DAYS_SHIFT] = [1_048_576, 524_288];

/**
 * Exchange rates as known on a night, by date and currency, exact: amounts are converted in integers and rounded once, half away
 * from zero, to minor units of the base currency.
 */
export class ExchangeRates {
  /** Age in days of a rate that may stand for a day without one; a later run may allow another. */
  maxAgeDays: number;
  readonly #base: string;
  readonly #rates = new Map<number, Rate>();

  /** @param base ISO 4217 @param maxAgeDays age of a rate that may stand for a day without one */
  constructor(base: string, maxAgeDays: number) {
    this.#base = base;
    this.maxAgeDays = maxAgeDays;
  }

  /** Number of rates. */
  get size(): number {
    return this.#rates.size;
  }

  /** The rate of a date itself as a canonical text. @param currency as a number (lib/money.ts) */
  rateOn(day: EpochDay, currency: number): string | undefined {
    return this.#rates.get(keyOf(day, currency))?.text;
  }

  /** Takes a rate; one of the same date and currency is replaced. @param text canonical */
  set(day: EpochDay, currency: number, text: string): void {
    const point = text.indexOf('.');
    const scale = point < 0 ? 0 : text.length - point - 1;
    this.#rates.set(keyOf(day, currency), { text, digits: BigInt(text.replace('.', '')), scale });
  }

  /**
   * An amount in minor units of a currency as minor units of the base currency, by the newest rate of the days
   * [day - maxAgeDays, day].
   *
   * @param currency as a number, not 0 @returns undefined without a rate; possibly beyond the safe integers
   */
  toBase(amountMinor: number, currency: number, day: EpochDay): number | undefined {
    let rate: Rate | undefined;
    for (let age = 0; age <= this.maxAgeDays && !rate; age++) rate = this.#rates.get(keyOf(day - age, currency));
    if (!rate) return undefined;
    const own = currencyExponent(currencyOfNumber(currency, this.#base));
    const shift = currencyExponent(this.#base) - own - rate.scale;
    const product = BigInt(amountMinor) * rate.digits;
    return Number(shift >= 0 ? product * 10n ** BigInt(shift) : roundedQuotient(product, 10n ** BigInt(-shift)));
  }

  /** The rates as a table, by date and currency. */
  table(): { rows: number; columns: Columns<typeof RATES> } {
    const rows = [...this.#rates].map(([key, { text }]) => ({
      day: (key % DAYS_SPAN) - DAYS_SHIFT,
      currency: currencyOfNumber(Math.floor(key / DAYS_SPAN), this.#base),
      text,
    }));
    rows.sort((a, b) => a.day - b.day || (a.currency < b.currency ? -1 : 1));
    return {
      rows: rows.length,
      columns: {
        rate_on: Int32Array.from(rows, ({ day }) => day),
        currency: byteColumnOf(rows.map(({ currency }) => currency)),
        rate: byteColumnOf(rows.map(({ text }) => text)),
        // a rate of the book stands for itself, not for a row of a file
        source_line: new Uint32Array(rows.length),
      },
    };
  }

  /** Takes the rates of a book's table. */
  load(columns: Columns<typeof RATES>, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const currency = currencyNumber(textAt(columns.currency, row));
      this.set(columns.rate_on[row] as number, currency, canonicalRate(textAt(columns.rate, row)));
    }
  }
}

const keyOf = (day: EpochDay, currency: number) => currency * DAYS_SPAN + day + DAYS_SHIFT;

/** Name of a rate in messages: `EUR of 2024-03-05`. */
export const rateName = (day: EpochDay, currency: string): string => `${currency} of ${formatDay(day)}`;

/**
 * What of a converted amount a change of what is left of it comes to, in base minor units: shares are rounded from the whole, so
 * that all parts of an amount together are exactly its `baseMinor`.
 *
 * @param amountMinor above 0, own minor units @param before left before, own minor units @param after left after
 */
export function baseShare(baseMinor: number, amountMinor: number, before: number, after: number): number {
  const [base, amount] = [BigInt(baseMinor), BigInt(amountMinor)];
  return Number(roundedQuotient(base * BigInt(before), amount) - roundedQuotient(base * BigInt(after), amount));
}
