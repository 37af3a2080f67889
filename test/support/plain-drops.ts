import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addDays, type BusinessDate } from '../../lib/time.ts';

/** Columns of the plain drops. */
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type';

/** Key of the one file of a plain drop. */
export const salesOf = (date: string): string => `dt=${date}/transactions/sales.csv`;

/** A file of sales of 10.00 on a date, one customer each, and rows that cannot be read. */
export function salesFile(date: string, rows: number, poison = 0): string {
  const good = Array.from({ length: rows - poison }, (_, at) => `${date}-${at},c${at},${date},10.00,USD,sale`);
  const bad = Array.from({ length: poison }, (_, at) => `${date}-bad-${at},c${at},${date},ten,USD,sale`);
  return `${[HEADER, ...good, ...bad].join('\n')}\n`;
}

/** Writes files below a folder of drops. */
export async function deliver(drops: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [key, text] of Object.entries(files)) {
    await mkdir(dirname(join(drops, key)), { recursive: true });
    await writeFile(join(drops, key), text);
  }
}

/** The drops of some days in a row, markers included, by key. */
export function plainDays(first: string, rows: readonly number[]): Record<string, string> {
  const dates = rows.map((_, at) => addDays(first as BusinessDate, at));
  const files = dates.flatMap((date, at) => [
    [salesOf(date), salesFile(date, rows[at] ?? 0)],
    [`dt=${date}/_SUCCESS`, ''],
  ]);
  return Object.fromEntries(files) as Record<string, string>;
}
