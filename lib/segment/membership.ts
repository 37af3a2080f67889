import type { SegmentDefinition } from '../config/segment-definition.ts';
import { STAGES, TIERS, WARNING_LEVELS } from '../lifecycle/words.ts';

/** The scores that predicates may use, one row per customer; codes and nulls as in the score files. */
export interface SegmentInput {
  readonly stage: ArrayLike<number>;
  readonly tier: ArrayLike<number>;
  readonly rfmSegment: ArrayLike<number>;
  /** Names of the RFM segments by code. */
  readonly rfmNames: readonly string[];
  readonly warningLevel: ArrayLike<number>;
  /** Days; `nullInt` when there is no purchase. */
  readonly recencyDays: ArrayLike<number>;
  readonly frequency: ArrayLike<number>;
  readonly monetaryMinor: ArrayLike<number>;
  /** NaN when null. */
  readonly totalClvMinor: ArrayLike<number>;
  /** NaN when null. */
  readonly pReturn: ArrayLike<number>;
  /** NaN when null. */
  readonly valueAtRiskMinor: ArrayLike<number>;
  /** Epoch days; `nullInt` when nothing would change. */
  readonly nextChangeOn: ArrayLike<number>;
  /** Epoch day of the scores. */
  readonly day: number;
  readonly nullInt: number;
}

/** Takes a segment's bit from the rows for which a condition does not hold. */
type Strike = (bits: Uint32Array, bit: number) => void;
type Range = { min?: number | undefined; max?: number | undefined };

function oneOf(codes: ArrayLike<number>, words: readonly string[], wanted: readonly string[]): Strike {
  const allowed = new Uint8Array(256);
  for (const word of wanted) allowed[words.indexOf(word)] = 1;
  return (bits, bit) => {
    for (let row = 0; row < bits.length; row++) {
      if (allowed[codes[row] as number] !== 1) (bits[row] as number) &= ~bit;
    }
  };
}

function inRange(values: ArrayLike<number>, { min, max }: Range, nullInt: number): Strike {
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  return (bits, bit) => {
    for (let row = 0; row < bits.length; row++) {
      const value = values[row] as number;
      if (!(value !== nullInt && value >= low && value <= high)) (bits[row] as number) &= ~bit;
    }
  };
}

/** The conditions of a definition, each over a whole column; a null value satisfies none. */
function strikesOf({ where }: SegmentDefinition, input: SegmentInput): Strike[] {
  const strikes: Strike[] = [];
  if (where.stage) strikes.push(oneOf(input.stage, STAGES, where.stage));
  if (where.tier) strikes.push(oneOf(input.tier, TIERS, where.tier));
  if (where.rfmSegment) strikes.push(oneOf(input.rfmSegment, input.rfmNames, where.rfmSegment));
  if (where.warningLevel) strikes.push(oneOf(input.warningLevel, WARNING_LEVELS, where.warningLevel));
  for (const name of ['recencyDays', 'frequency', 'monetaryMinor', 'totalClvMinor', 'pReturn', 'valueAtRiskMinor'] as const) {
    const range = where[name];
    if (range) strikes.push(inRange(input[name], range, input.nullInt));
  }
  if (where.nextChangeInDays) {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = where.nextChangeInDays;
    const days = { min: min + input.day, max: max + input.day };
    strikes.push(inRange(input.nextChangeOn, days, input.nullInt));
  }
  return strikes;
}

/**
 * Membership of every customer: bit i is set when the customer belongs to segment i.
 *
 * @param segments at most 31 definitions @param rows number of customers
 */
export function membershipBits(segments: readonly SegmentDefinition[], input: SegmentInput, rows: number): Uint32Array {
  const bits = new Uint32Array(rows);
  if (segments.length > 0) bits.fill(2 ** segments.length - 1);
  segments.forEach((segment, i) => {
    for (const strike of strikesOf(segment, input)) strike(bits, 1 << i);
  });
  return bits;
}
