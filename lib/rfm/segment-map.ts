/** The eleven RFM segments; the position is the code in stored files. */
export const RFM_SEGMENTS = [
  'Champions',
  'Loyal',
  'Potential Loyalist',
  'New',
  'Promising',
  'Needs Attention',
  'About to Sleep',
  'At Risk',
  "Can't Lose",
  'Hibernating',
  'Lost',
] as const;

const [CHAMPIONS, LOYAL, POTENTIAL, NEW, PROMISING, ATTENTION, SLEEPY, AT_RISK, CANT_LOSE, HIBERNATING, LOST] = [
  ...RFM_SEGMENTS.keys(),
] as [number, number, number, number, number, number, number, number, number, number, number];

/** FM band (1..5) by F + M (2..10): 2-3, 4-5, 6, 7-8, 9-10. */
const BAND_OF_SUM = [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5];

/** Rows R = 1..5, columns FM band = 1..5: exhaustive and exclusive over the 125 codes. */
const MAP = [
  [LOST, LOST, HIBERNATING, CANT_LOSE, CANT_LOSE],
  [HIBERNATING, SLEEPY, AT_RISK, AT_RISK, AT_RISK],
  [SLEEPY, ATTENTION, ATTENTION, LOYAL, LOYAL],
  [PROMISING, POTENTIAL, POTENTIAL, LOYAL, CHAMPIONS],
  [NEW, POTENTIAL, POTENTIAL, CHAMPIONS, CHAMPIONS],
];

/**
 * Code of the RFM segment of one customer.
 *
 * @param r recency score, 1..5 @param f frequency score, 1..5 @param m monetary score, 1..5
 * @returns position in `RFM_SEGMENTS`
 */
export function rfmSegmentCode(r: number, f: number, m: number): number {
  return MAP[r - 1]?.[(BAND_OF_SUM[f + m] as number) - 1] as number;
}
