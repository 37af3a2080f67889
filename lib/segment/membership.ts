import type { SegmentDefinition } from '../config/segment-definition.ts';
import { STAGES, TIERS } from '../lifecycle/words.ts';
import { RFM_SEGMENTS } from '../rfm/segment-map.ts';

/** The scores that predicates may use, one row per customer; codes and nulls as in the score files. */
export interface SegmentInput {
  readonly stage: ArrayLike<number>;
  readonly tier: ArrayLike<number>;
  readonly rfmSegment: ArrayLike<number>;
  /** Days; `nullInt` when there is no purchase. */
  readonly recencyDays: ArrayLike<number>;
  readonly frequency: ArrayLike<number>;
  readonly monetaryMinor: ArrayLike<number>;
  /** NaN when null. */
  readonly totalClvMinor: ArrayLike<number>;
  /** NaN when null. */
  readonly pReturn: ArrayLike<number>;
  readonly nullInt: number;
}

type RowTest = (row: number) => boolean;
type Range = { min?: number | undefined; max?: number | undefined };

function oneOf(codes: ArrayLike<number>, words: readonly string[], wanted: readonly string[]): RowTest {
  const allowed = new Uint8Array(256);
  for (const word of wanted) allowed[words.indexOf(word)] = 1;
  return (row) => allowed[codes[row] as number] === 1;
}

function inRange(values: ArrayLike<number>, { min, max }: Range, nullInt: number): RowTest {
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  return (row) => {
    const value = values[row] as number;
    return value !== nullInt && value >= low && value <= high;
  };
}

/** Whether each condition of a definition holds for a row; a null value satisfies none. */
function testsOf({ where }: SegmentDefinition, input: SegmentInput): RowTest[] {
  const tests: RowTest[] = [];
  if (where.stage) tests.push(oneOf(input.stage, STAGES, where.stage));
  if (where.tier) tests.push(oneOf(input.tier, TIERS, where.tier));
  if (where.rfmSegment) tests.push(oneOf(input.rfmSegment, RFM_SEGMENTS, where.rfmSegment));
  for (const name of ['recencyDays', 'frequency', 'monetaryMinor', 'totalClvMinor', 'pReturn'] as const) {
    const range = where[name];
    if (range) tests.push(inRange(input[name], range, input.nullInt));
  }
  return tests;
}

/**
 * Membership of every customer: bit i is set when the customer belongs to segment i.
 *
 * @param segments at most 31 definitions @param rows number of customers
 */
export function membershipBits(segments: readonly SegmentDefinition[], input: SegmentInput, rows: number): Uint32Array {
  const bits = new Uint32Array(rows);
  segments.forEach((segment, i) => {
    const tests = testsOf(segment, input);
    for (let row = 0; row < rows; row++) {
      if (tests.every((test) => test(row))) (bits[row] as number) |= 1 << i;
    }
  });
  return bits;
}
