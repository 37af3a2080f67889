import { byteColumnOf } from '../../lib/arrow/columns.ts';
import { encodeParquet } from '../../lib/arrow/parquet.ts';

/** Forms in which drops are generated. */
export const DROP_FORMATS = ['csv', 'jsonl', 'parquet'] as const;

/** A form in which drops are generated. */
export type DropFormat = (typeof DROP_FORMATS)[number];

/** A record of values as a line of its form; an empty value is left out of JSON. Values hold no delimiter and no quote. */
export function formatLine(format: 'csv' | 'jsonl', columns: readonly string[], values: readonly string[]): string {
  if (format === 'csv') return `${values.join(',')}\n`;
  const filled = columns.map((name, at) => [name, values[at]] as const).filter(([, value]) => value !== '');
  return `${JSON.stringify(Object.fromEntries(filled))}\n`;
}

/** Records as a Parquet file of texts, with an empty value as null. */
export function encodeTexts(columns: readonly string[], rows: readonly (readonly string[])[]): Promise<Uint8Array[]> {
  const spec = Object.fromEntries(columns.map((name) => [name, { kind: 'utf8', nullable: true } as const]));
  const values = Object.fromEntries(columns.map((name, at) => [name, byteColumnOf(rows.map((row) => row[at]))]));
  return encodeParquet(spec, { rows: rows.length, columns: values } as never);
}
