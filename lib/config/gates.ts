import * as z from 'zod';
import { FEEDS } from '../keys.ts';
import { parseDay } from '../time.ts';
import { FEED_COLUMNS } from './mapping.ts';

const ratio = z.number().min(0).max(1);

/** Days of the week as the configuration names them, Monday first. */
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** What a breach of a check does: hold the run, be told, or nothing at all. */
const severity = z.enum(['error', 'warn', 'off']);

/** Checks of data quality with their severities unless configured; conservation is no choice. */
const severities = z.strictObject({
  row_count: severity.default('warn'),
  zero_rows: severity.default('error'),
  freshness: severity.default('warn'),
  completeness: severity.default('warn'),
  uniqueness: severity.default('warn'),
  accepted_values: severity.default('warn'),
  referential_integrity: severity.default('warn'),
  missing_rate: severity.default('warn'),
  totals_match: severity.default('warn'),
  schema: severity.default('error'),
  quarantine_share: severity.default('error'),
  placement: severity.default('warn'),
});

/** Name of a check of data quality, as configuration and `approve --gate` spell it. */
export type GateName = keyof z.infer<typeof severities>;

/** Names of all checks that can be configured and waived. */
export const GATE_NAMES = Object.keys(severities.shape) as readonly GateName[];

const closedDay = z.string().refine((text) => (WEEKDAYS as readonly string[]).includes(text) || parseDay(text) !== undefined, {
  error: (issue) => `${String(issue.input)}: neither a date nor a day of the week, expected YYYY-MM-DD or a name such as sunday`,
});

const leastFilled = z
  .strictObject({ feed: z.enum(FEEDS), column: z.string(), share: ratio })
  .refine(({ feed, column }) => (FEED_COLUMNS[feed].columns as readonly string[]).includes(column), {
    error: 'no such column of this feed; see docs/data-contract.md',
  });

/** Section `gates`: when a run is held, and what is told (docs/runbook.md, Held). */
export const gates = z.strictObject({
  severity: severities.prefault({}),
  /** Days without business: row_count, zero_rows and freshness are silent. */
  closedDays: z.array(closedDay).default([]),
  /** Malformed share of the rows of a date, or of the run: above the first it is told, above the second the severity holds. */
  warnMalformedShare: ratio.default(0.005),
  maxMalformedShare: ratio.default(0.05),
  /** Width of the band around the usual number of rows, in median absolute deviations. */
  rowCountDeviations: z.number().min(1).max(100).default(4),
  /** Rows of a usual day from which a day without rows is a breach. */
  zeroRowsUsual: z.int().min(1).default(100),
  /** Days by which the newest event may be older than its drop. */
  maxEventAgeDays: z.int().min(0).max(60).default(0),
  /** By how much the share of empty values of a column may be above the usual one. */
  maxEmptyIncrease: ratio.default(0.1),
  /** Columns that must be filled to a share, whatever was usual. */
  minFilled: z.array(leastFilled).default([]),
  /** Share of copies and conflicts among a night's transactions. */
  maxDuplicateShare: ratio.default(0.05),
  /** Share of rows that the rules of single values refuse. */
  maxRefusedShare: ratio.default(0.005),
  /** Share of refunds and voids that name an original which nobody knows. */
  maxOrphanShare: ratio.default(0.2),
});

/** Section `gates`, every default filled. */
export type GatesConfig = z.infer<typeof gates>;
