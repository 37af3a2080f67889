/** Money is integer minor units of one currency; a unit is 10^-exponent of the currency. */

/** Currencies whose ISO 4217 exponent is not 2 (funds and metals left out). */
const EXPONENTS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** True for an ISO 4217 code that this runtime's currency list knows. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Number of decimals of a currency (ISO 4217), 2 unless listed. */
export function currencyExponent(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

/** A currency as a number: its three letters, the first in the highest byte. Stands for it in columns; 0 is the base currency. */
export function currencyNumber(code: string): number {
  return (code.charCodeAt(0) << 16) | (code.charCodeAt(1) << 8) | code.charCodeAt(2);
}

/** The currency of a number of `currencyNumber`; `base` for 0. */
export function currencyOfNumber(number: number, base: string): string {
  return number === 0 ? base : String.fromCharCode((number >> 16) & 255, (number >> 8) & 255, number & 255);
}

/** Largest magnitude of an amount, in minor units: integers beyond are not exact in a double. */
export const MAX_MINOR = Number.MAX_SAFE_INTEGER;

/** An amount in minor units as a decimal string of the currency (`-1234` with exponent 2 is `-12.34`). */
export function formatMinor(minor: number, exponent: number): string {
  if (exponent === 0) return String(minor);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const cut = digits.length - exponent;
  return `${minor < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}
