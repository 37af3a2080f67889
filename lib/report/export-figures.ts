import { parquetWriteBuffer } from 'hyparquet-writer';
import { buyerShareDifference, type Outcome } from '../segment/outcome.ts';

/** What became of a segment's members of an earlier publication: exported, and held out. One shard's, or of all. */
export interface GroupOutcomes {
  readonly segment: string;
  readonly treated: Outcome;
  readonly heldOut: Outcome;
}

/** One publication, as its manifest tells it. */
export interface PublicationFigures {
  readonly segment: string;
  readonly destination: string;
  /** Rows of each role. */
  readonly full: number;
  readonly entered: number;
  readonly exited: number;
  /** Members who are held out of it. */
  readonly holdout: number;
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 (hex) of the files' SHA-256 as the manifest lists them, a line each: of what was published, whichever run did. */
  readonly sha256: string;
}

/** Customers whom each group needs before the groups are compared. */
export const MIN_GROUP = 50;

/**
 * What a comparison says: who was exported bought more often than who was held out, less often, neither beyond chance; too few
 * customers to tell; no publication of 21 to 35 days ago with the same share since; or its membership is gone.
 */
export type HoldoutVerdict = 'more' | 'fewer' | 'no_difference' | 'not_enough_data' | 'too_early' | 'members_gone';

/** A group of customers and what they did since a publication; the rates are null of nobody. */
export interface GroupFigures {
  readonly customers: number;
  readonly buyers: number;
  /** Fraction of the customers who bought. */
  readonly purchase_rate: number | null;
  readonly net_minor: number;
  readonly net_minor_per_customer: number | null;
}

/** How a segment's held out members compare with those who were exported. */
export interface HoldoutFigures {
  readonly segment: string;
  readonly holdout_share: number;
  /** Date of the publication whose members are compared, and days since; null without one. */
  readonly as_of: string | null;
  readonly days: number | null;
  readonly treated: GroupFigures | null;
  readonly held_out: GroupFigures | null;
  /** Purchase rate of the treated less that of the held out, with its 95 % interval; null below `MIN_GROUP` customers a group. */
  readonly difference: { readonly purchase_rate: number; readonly low: number; readonly high: number } | null;
  readonly verdict: HoldoutVerdict;
}

/** What was published on a date, and what holding out shows (docs/data-contract.md, Exports). */
export interface ExportFigures {
  readonly schemaVersion: 1;
  readonly date: string;
  readonly currency: string;
  readonly publications: readonly PublicationFigures[];
  /** Of every segment that holds anybody out. */
  readonly holdouts: readonly HoldoutFigures[];
}

/** Adds the groups of the shards; null when a shard's are. */
export function sumOutcomes(shards: readonly (readonly GroupOutcomes[] | null)[]): GroupOutcomes[] | null {
  const sums = new Map<string, GroupOutcomes>();
  for (const shard of shards) {
    if (shard === null) return null;
    for (const { segment, treated, heldOut } of shard) {
      const sum = sums.get(segment);
      const added = sum ? { treated: plus(sum.treated, treated), heldOut: plus(sum.heldOut, heldOut) } : { treated, heldOut };
      sums.set(segment, { segment, ...added });
    }
  }
  return [...sums.values()];
}

const plus = (a: Outcome, b: Outcome): Outcome => ({
  customers: a.customers + b.customers,
  buyers: a.buyers + b.buyers,
  netMinor: a.netMinor + b.netMinor,
});

/**
 * The comparison of one segment.
 *
 * @param base date of the publication that is compared and days since; undefined when there is none
 * @param outcomes of all segments compared; null when the membership of that date is gone
 */
export function holdoutFigures(
  { id, holdoutShare }: { readonly id: string; readonly holdoutShare: number },
  base: { readonly asOf: string; readonly days: number } | undefined,
  outcomes: readonly GroupOutcomes[] | null,
): HoldoutFigures {
  const none = { as_of: null, days: null, treated: null, held_out: null, difference: null };
  const frame = { segment: id, holdout_share: holdoutShare };
  if (!base) return { ...frame, ...none, verdict: 'too_early' };
  const dated = { as_of: base.asOf, days: base.days };
  if (outcomes === null) return { ...frame, ...none, ...dated, verdict: 'members_gone' };
  const own = outcomes.find(({ segment }) => segment === id);
  if (!own) return { ...frame, ...none, verdict: 'too_early' };
  const { treated, heldOut } = own;
  const groups = { treated: figuresOf(treated), held_out: figuresOf(heldOut) };
  if (Math.min(treated.customers, heldOut.customers) < MIN_GROUP) {
    return { ...frame, ...dated, ...groups, difference: null, verdict: 'not_enough_data' };
  }
  const { difference, low, high } = buyerShareDifference(treated, heldOut);
  const verdict = low > 0 ? 'more' : high < 0 ? 'fewer' : 'no_difference';
  return { ...frame, ...dated, ...groups, difference: { purchase_rate: difference, low, high }, verdict };
}

const figuresOf = ({ customers, buyers, netMinor }: Outcome): GroupFigures => ({
  customers,
  buyers,
  purchase_rate: customers === 0 ? null : buyers / customers,
  net_minor: netMinor,
  net_minor_per_customer: customers === 0 ? null : netMinor / customers,
});

/** A figure of the long form; `destination` is null for what concerns a segment whatever its destination. */
interface Measure {
  readonly segment: string;
  readonly destination: string | null;
  readonly measure: string;
  readonly value: number;
}

/** Every number of the figures in long form. What is null is left out; a hash is no number. */
function measuresOf({ publications, holdouts }: ExportFigures): Measure[] {
  return [
    ...publications.flatMap(({ segment, destination, ...figures }) =>
      Object.entries(figures).flatMap(([measure, value]) =>
        typeof value === 'number' ? [{ segment, destination, measure, value }] : [],
      ),
    ),
    ...holdouts.flatMap(({ segment, holdout_share, days, treated, held_out, difference }) =>
      Object.entries({
        holdout_share,
        days,
        ...prefixed('treated', treated),
        ...prefixed('held_out', held_out),
        ...prefixed('difference', difference),
      }).flatMap(([measure, value]) => (value === null ? [] : [{ segment, destination: null, measure, value }])),
    ),
  ];
}

function prefixed(prefix: string, figures: object | null): Record<string, number | null> {
  return Object.fromEntries(Object.entries(figures ?? {}).map(([name, value]) => [`${prefix}_${name}`, value as number | null]));
}

/** The figures as a Parquet file in long form: date, currency, segment, destination, measure, value (double). */
export function encodeExportFigures(figures: ExportFigures): Uint8Array {
  const measures = measuresOf(figures);
  const text = (name: string, textOf: (measure: Measure) => string) =>
    ({ name, data: measures.map(textOf), type: 'STRING', nullable: false }) as const;
  const buffer = parquetWriteBuffer({
    columnData: [
      text('date', () => figures.date),
      text('currency', () => figures.currency),
      text('segment', ({ segment }) => segment),
      { name: 'destination', data: measures.map(({ destination }) => destination), type: 'STRING', nullable: true },
      text('measure', ({ measure }) => measure),
      { name: 'value', data: measures.map(({ value }) => value), type: 'DOUBLE', nullable: false },
    ],
  });
  return new Uint8Array(buffer);
}
