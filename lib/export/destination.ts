/** A customer as a destination may see it: words and numbers, null where a value is missing. */
export interface ExportRow {
  readonly customer_id: string;
  readonly stage: string | null;
  readonly stage_zh: string | null;
  readonly stage_since: string | null;
  readonly previous_stage: string | null;
  readonly tier: string | null;
  readonly tier_zh: string | null;
  readonly rfm_segment: string | null;
  readonly first_purchase_on: string | null;
  readonly last_purchase_on: string | null;
  readonly frequency: number | null;
  readonly monetary_minor: number | null;
  readonly total_clv_minor: number | null;
  readonly currency: string;
}

/** Columns of a generic file, in their order. */
export const EXPORT_COLUMNS = [
  'customer_id',
  'stage',
  'stage_zh',
  'stage_since',
  'previous_stage',
  'tier',
  'tier_zh',
  'rfm_segment',
  'first_purchase_on',
  'last_purchase_on',
  'frequency',
  'monetary_minor',
  'total_clv_minor',
  'currency',
] as const satisfies readonly (keyof ExportRow)[];

/** A form in which a marketing tool takes a list of customers. UTF-8 without byte order mark, line ends LF. */
export interface Destination {
  readonly id: string;
  /** Changes whenever the bytes of an equal row would. */
  readonly normalizerVersion: number;
  readonly extension: string;
  readonly columns: readonly string[];
  /** The beginning of every file, '' when there is none. */
  readonly header: string;
  /** A row with its line end. */
  formatRow(row: ExportRow): string;
}
