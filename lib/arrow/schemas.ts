import { REASONS, SIGNALS, STAGES, TIERS, WARNING_LEVELS } from '../lifecycle/words.ts';
import type { ColumnSpec, TableSpec } from './columns.ts';

/**
 * Columns of every stored table, in the order of their files. The one place that maps names in files to the code, hence its length.
 * Money is int64 minor units of the base currency; dates are business dates; `customer` is a row of the same run's
 * `customers` table of the shard.
 */

/** Types of a transaction; the position is the code. */
export const TRANSACTION_TYPES = ['sale', 'refund', 'void'] as const;

/** Code of a sale, a refund, a void. */
export const [SALE, REFUND, VOID] = [0, 1, 2] as const;

/** Why a fact waits; the position is the code. */
export const PENDING_REASONS = ['FUTURE_EVENT', 'ORPHAN', 'EXCESS_REFUND', 'UNCOVERED_REFUND', 'MISSING_RATE'] as const;

/** What the index knows of a transaction id; the position is the code. `expired`: it waited in vain and may be delivered again. */
export const INDEX_STATES = ['sale', 'refund', 'void', 'voided', 'conflict', 'pending', 'expired'] as const;

/** Kinds of an interaction; the position is the code. */
export const INTERACTION_KINDS = [
  'signup',
  'visit',
  'inquiry',
  'complaint',
  'complaint_resolved',
  'review',
  'survey',
  'referral',
] as const;

/** How the predicted value of a customer was made; the position is the code. */
export const CLV_METHODS = ['gamma_gamma', 'population_mean', 'cohort_mean'] as const;

/** Kinds of a stage change; the position is the code. */
export const CHANGE_KINDS = ['transition', 'restated'] as const;

const utf8 = { kind: 'utf8' } as const satisfies ColumnSpec;
const text = { kind: 'utf8', nullable: true } as const satisfies ColumnSpec;
const int32 = { kind: 'int32' } as const satisfies ColumnSpec;
const date = { kind: 'date' } as const satisfies ColumnSpec;
const int64 = { kind: 'int64' } as const satisfies ColumnSpec;
const uint8 = { kind: 'uint8' } as const satisfies ColumnSpec;
const uint32 = { kind: 'uint32' } as const satisfies ColumnSpec;
const maybeInt32 = { kind: 'int32', nullable: true } as const satisfies ColumnSpec;
const maybeDate = { kind: 'date', nullable: true } as const satisfies ColumnSpec;
const maybeInt64 = { kind: 'int64', nullable: true } as const satisfies ColumnSpec;
const maybeFloat64 = { kind: 'float64', nullable: true } as const satisfies ColumnSpec;
const maybeUint8 = { kind: 'uint8', nullable: true } as const satisfies ColumnSpec;
const code = (words: readonly string[]) => ({ kind: 'code', words }) as const satisfies ColumnSpec;
const maybeCode = (words?: readonly string[]) =>
  ({ kind: 'code', nullable: true, ...(words ? { words } : {}) }) as const satisfies ColumnSpec;

/** A fact of the `transactions` feed, as validated. `occurred_at` is in milliseconds since 1970-01-01T00:00Z. */
const transactionFact = {
  transaction_id: utf8,
  customer_id: utf8,
  occurred_at: int64,
  business_day: date,
  date_only: uint8,
  amount_minor: int64,
  type: code(TRANSACTION_TYPES),
  original_transaction_id: text,
  channel: text,
  order_id: text,
  cost_minor: maybeInt64,
  margin_minor: maybeInt64,
  referrer_id: text,
  source_line: uint32,
  currency: { kind: 'uint32', since: 2 },
} as const satisfies TableSpec;

/**
 * Ledger of transactions: metadata `source` (key of the drop's file) and `currency` (that of the configuration). Amounts are minor
 * units of the row's `currency`: its three letters as a number (`currencyNumber` in lib/money.ts), 0 for that of the configuration.
 */
export const LEDGER = transactionFact;
/** Version of `LEDGER` and of the ledgers of the other feeds. */
export const LEDGER_VERSION = 2;

/** Ledger of interactions: metadata `source`. `occurred_at` in milliseconds since 1970-01-01T00:00Z. */
export const INTERACTION_LEDGER = {
  interaction_id: utf8,
  customer_id: utf8,
  occurred_at: int64,
  business_day: date,
  kind: code(INTERACTION_KINDS),
  score: maybeFloat64,
  channel: text,
  source_line: uint32,
} as const satisfies TableSpec;

/**
 * Ledger of customers, without identifiers: metadata `source` and `columns` (those that the file has, separated by commas; the
 * others leave a customer as it is). Instants in milliseconds since 1970-01-01T00:00Z.
 */
export const CUSTOMER_LEDGER = {
  customer_id: utf8,
  updated_at: maybeInt64,
  signed_up_at: maybeInt64,
  signed_up_on: maybeDate,
  country: text,
  consent_email: maybeUint8,
  consent_sms: maybeUint8,
  consent_ads: maybeUint8,
  has_email: maybeUint8,
  has_phone: maybeUint8,
  source_line: uint32,
} as const satisfies TableSpec;

const identifiers = {
  email: text,
  phone: text,
  first_name: text,
  last_name: text,
  city: text,
  state: text,
  country: text,
  zip: text,
  date_of_birth: text,
  gender: text,
} as const satisfies TableSpec;

/** Identifiers of the customers feed, the ledger below `pii/`: metadata as of `CUSTOMER_LEDGER`. */
export const IDENTIFIER_LEDGER = {
  customer_id: utf8,
  updated_at: maybeInt64,
  ...identifiers,
  source_line: uint32,
} as const satisfies TableSpec;

/** Identifiers as known on a date, folded, ordered by customer_id (bytes): the snapshot below `pii/`. */
export const IDENTIFIERS = { customer_id: utf8, ...identifiers } as const satisfies TableSpec;
/** Version of `IDENTIFIERS`. */
export const IDENTIFIERS_VERSION = 1;

/** Exchange rates, as a ledger and in every shard's book: `rate` is a decimal text, units of the base currency per unit. */
export const RATES = {
  rate_on: date,
  currency: utf8,
  rate: utf8,
  source_line: uint32,
} as const satisfies TableSpec;

const erasure = { customer_key: utf8, bucket: uint32, requested_at: int64 } as const satisfies TableSpec;

/**
 * Ledger of erasures: the keyed hash of a customer id (64 hex digits), never the id. `bucket` is 16 bits of a plain hash of the id:
 * a customer of another bucket is not the one, without a keyed hash. Instant in milliseconds since 1970-01-01T00:00Z.
 */
export const ERASURE_LEDGER = { ...erasure, source_line: uint32 } as const satisfies TableSpec;

/**
 * Book: customers, ordered by id. `purchase_days` counts the days that count; null dates when there is none. `referred_on` is the
 * earliest business day of a sale with a `referrer_id`.
 */
export const CUSTOMERS = {
  customer_id: utf8,
  known_on: date,
  first_purchase_on: maybeDate,
  last_purchase_on: maybeDate,
  purchase_days: int32,
  net_minor: int64,
  repeat_net_minor: int64,
  signed_up_on: maybeDate,
  country: text,
  consent_email: maybeUint8,
  consent_sms: maybeUint8,
  consent_ads: maybeUint8,
  has_email: maybeUint8,
  has_phone: maybeUint8,
  referred_on: { ...maybeDate, since: 3 },
} as const satisfies TableSpec;

/** Book: one row per customer and business day with sales, ordered by customer, day. */
export const DAYS = {
  customer: int32,
  business_day: date,
  standing_sales: int32,
  gross_minor: int64,
  refunded_minor: int64,
} as const satisfies TableSpec;

/** Book: facts that wait, in the order in which they are tried again. */
export const PENDING = {
  ...transactionFact,
  reason: code(PENDING_REASONS),
  nights_left: uint8,
  known_on: date,
  source: utf8,
} as const satisfies TableSpec;

/** Book: interactions of the last 90 days, ordered by customer, instant, id. */
export const INTERACTIONS = {
  interaction_id: utf8,
  customer: int32,
  occurred_at: int64,
  business_day: date,
  kind: code(INTERACTION_KINDS),
  score: maybeFloat64,
  channel: text,
} as const satisfies TableSpec;

/** Book: erasures as of `ERASURE_LEDGER`, the same in every shard, ordered by known_on, customer_key. */
export const TOMBSTONES = { ...erasure, known_on: date } as const satisfies TableSpec;

/**
 * Book: transaction ids of one knownOn month, ordered by hash. Hashes as 32-bit words. `amount_minor` and `remaining_minor` are
 * minor units of `currency` (its three letters as a number, 0 for the base currency); `base_minor` is what the amount came to in
 * the base currency.
 */
export const INDEX = {
  id_hash_0: uint32,
  id_hash_1: uint32,
  id_hash_2: uint32,
  customer_hash_0: uint32,
  customer_hash_1: uint32,
  content_hash_0: uint32,
  content_hash_1: uint32,
  known_on: date,
  business_day: date,
  amount_minor: int64,
  remaining_minor: int64,
  state: code(INDEX_STATES),
  base_minor: { kind: 'int64', since: 2 },
  currency: { kind: 'uint32', since: 2 },
} as const satisfies TableSpec;

/** Version of `INDEX`, apart from that of the book: months lie there for as long as ids are remembered, and are seldom written anew. */
export const INDEX_VERSION = 2;

/** Version of the book's tables. */
export const BOOK_VERSION = 3;

/** Lifecycle state, row for row with the book's customers. */
export const STATE = {
  stage: code(STAGES),
  stage_since: date,
  previous_stage: maybeCode(STAGES),
  change_reason: maybeCode(REASONS),
  declining_nights: uint8,
  churn_nights: uint8,
  tier: maybeCode(TIERS),
  tier_since: maybeDate,
  warning_level: { ...maybeCode(WARNING_LEVELS), since: 2 },
  warning_since: { ...maybeDate, since: 2 },
  quiet_nights: { ...uint8, since: 2 },
  episode_on: { ...maybeDate, since: 2 },
  alerted_level: { ...maybeCode(WARNING_LEVELS), since: 2 },
  alerted_on: { ...maybeDate, since: 2 },
  alert_pending_on: { ...maybeDate, since: 2 },
} as const satisfies TableSpec;
/** Version of `STATE`. */
export const STATE_VERSION = 2;

/** Scores: a public contract, only ever appended to. Ordered by customer_id (bytes). */
export const SCORES = {
  customer_id: utf8,
  as_of: date,
  first_purchase_on: maybeDate,
  last_purchase_on: maybeDate,
  recency_days: maybeInt32,
  frequency: int32,
  monetary_minor: int64,
  r: maybeUint8,
  f: maybeUint8,
  m: maybeUint8,
  /** The words are the names of the RFM map in force. */
  rfm_segment: maybeCode(),
  x: maybeInt32,
  t_x_days: maybeInt32,
  tenure_days: maybeInt32,
  p_alive: maybeFloat64,
  p_return: maybeFloat64,
  expected_purchases: maybeFloat64,
  expected_spend_minor: maybeInt64,
  clv_minor: maybeInt64,
  clv_method: maybeCode(CLV_METHODS),
  total_clv_minor: maybeInt64,
  tier: maybeCode(TIERS),
  tier_since: maybeDate,
  q: maybeFloat64,
  stage: code(STAGES),
  stage_since: date,
  previous_stage: maybeCode(STAGES),
  change_reason: maybeCode(REASONS),
  epoch: maybeCode(),
  next_change_on: { ...maybeDate, since: 2 },
  warning_level: { ...maybeCode(WARNING_LEVELS), since: 2 },
  warning_points: { ...maybeUint8, since: 2 },
  value_at_risk_minor: { ...maybeInt64, since: 2 },
  signals: { ...maybeCode(SIGNALS), since: 2 },
} as const satisfies TableSpec;
/** Version of `SCORES`. */
export const SCORES_VERSION = 2;

/** Stage changes, ordered by as_of, customer_id, order of happening. */
export const TRANSITIONS = {
  customer_id: utf8,
  as_of: date,
  from: maybeCode(STAGES),
  to: code(STAGES),
  kind: code(CHANGE_KINDS),
  reason_code: code(REASONS),
  evidence: utf8,
  rule_version: utf8,
} as const satisfies TableSpec;
/** Version of `TRANSITIONS`. */
export const TRANSITIONS_VERSION = 1;

/**
 * What profiles show beside the scores, row for row with them: segment membership, bit i is the segment i of metadata `segments`,
 * and the model's figures as of the last epoch date or purchase. Who is held out of a segment has its bit in `held_out` instead.
 */
export const MEMBERSHIP = {
  bits: uint32,
  profile_p_return: maybeFloat64,
  profile_clv_minor: maybeInt64,
  held_out: { ...uint32, since: 2 },
} as const satisfies TableSpec;
/** Version of `MEMBERSHIP`. */
export const MEMBERSHIP_VERSION = 2;

/**
 * What calibration needs of each buyer (n >= 1) of a shard on one date E. Without a purchase by E - 90: prior_x null.
 * `bought` is 1 when a purchase day lies in (E - 90, E].
 */
export const EPOCH_ROWS = {
  x: int32,
  t_x_days: int32,
  tenure_days: int32,
  repeat_net_minor: int64,
  net_minor: int64,
  prior_x: maybeInt32,
  prior_t_x_days: maybeInt32,
  prior_tenure_days: maybeInt32,
  bought: uint8,
} as const satisfies TableSpec;
/** `EPOCH_ROWS` where R, F and M look at a window: purchase days in it and their net. */
export const WINDOWED_EPOCH_ROWS = { ...EPOCH_ROWS, frequency: int32, monetary_minor: int64 } as const satisfies TableSpec;
/** Version of `EPOCH_ROWS` and `WINDOWED_EPOCH_ROWS`. */
export const EPOCH_ROWS_VERSION = 1;

/** The figures of dates in long form, as the command line puts them out; `group` is '' for those of the night itself. */
export const KPI_ROWS = {
  date,
  currency: utf8,
  measure: utf8,
  value: maybeFloat64,
  group: utf8,
} as const satisfies TableSpec;
/** Version of `KPI_ROWS`. */
export const KPI_ROWS_VERSION = 1;
