import { csvRecord } from '../csv.ts';
import { type Destination, EXPORT_COLUMNS } from '../destination.ts';

/** Comma-separated values with a header (RFC 4180, but LF): for people, warehouses and tools that map columns. */
export const genericCsv: Destination = {
  id: 'generic_csv',
  normalizerVersion: 1,
  extension: 'csv',
  columns: EXPORT_COLUMNS,
  header: csvRecord(EXPORT_COLUMNS),
  formatRow: (row) => csvRecord(EXPORT_COLUMNS.map((name) => row[name])),
};
