const NEEDS_QUOTES = /[",\r\n]/;

/** A field as RFC 4180 wants it; null is the empty field. Numbers print in their shortest exact form. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A record with its line end (LF). */
export function csvRecord(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\n`;
}
