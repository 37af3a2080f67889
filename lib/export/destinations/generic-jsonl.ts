import { type Destination, EXPORT_COLUMNS } from '../destination.ts';

/** One JSON object a line, keys in the order of the columns, null where a value is missing. */
export const genericJsonl: Destination = {
  id: 'generic_jsonl',
  normalizerVersion: 1,
  extension: 'jsonl',
  columns: EXPORT_COLUMNS,
  header: '',
  formatRow: (row) => `${JSON.stringify(Object.fromEntries(EXPORT_COLUMNS.map((name) => [name, row[name]])))}\n`,
};
