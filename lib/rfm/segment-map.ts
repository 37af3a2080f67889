/** The eleven RFM segments of the default map; the position is the code in stored files. */
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

/** Names of the default segments in Chinese, in the order of `RFM_SEGMENTS`. */
const RFM_SEGMENTS_ZH = [
  '冠军',
  '忠实',
  '潜力忠实',
  '新客',
  '有潜力',
  '需关注',
  '即将沉睡',
  '有风险',
  '不可失去',
  '休眠',
  '沉寂',
] as const;

/** Segments over the 125 codes, each of which is in exactly one. */
export interface RfmSegments {
  /** The position is the code in stored files. */
  readonly names: readonly string[];
  /** Row for row with `names`; null where the map gives no Chinese name. */
  readonly zh: readonly (string | null)[];
  /** Position in `names` by `codePlace`, shape [125]. */
  readonly places: Uint8Array;
}

/** Both ends count. */
type ScoreRange = readonly [number, number];

/** A line of a custom map: the codes whose R, F, M and F + M all lie in its ranges. Lines of one name add up. */
export interface SegmentLine {
  readonly name: string;
  readonly zh?: string | undefined;
  readonly r: ScoreRange;
  readonly f: ScoreRange;
  readonly m: ScoreRange;
  /** Of F + M, 2..10. */
  readonly fm: ScoreRange;
}

/**
 * Place of a code among the 125.
 *
 * @param r recency score, 1..5 @param f frequency score, 1..5 @param m monetary score, 1..5
 */
export const codePlace = (r: number, f: number, m: number): number => r * 25 + f * 5 + m - 31;

/** FM band (1..5) by F + M (2..10): 2-3, 4-5, 6, 7-8, 9-10. */
const BAND_OF_SUM = [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5];

const [CHAMPIONS, LOYAL, POTENTIAL, NEW, PROMISING, ATTENTION, SLEEPY, AT_RISK, CANT_LOSE, HIBERNATING, LOST] = [
  ...RFM_SEGMENTS.keys(),
] as [number, number, number, number, number, number, number, number, number, number, number];

/** Rows R = 1..5, columns FM band = 1..5: exhaustive and exclusive over the 125 codes. */
const MAP = [
  [LOST, LOST, HIBERNATING, CANT_LOSE, CANT_LOSE],
  [HIBERNATING, SLEEPY, AT_RISK, AT_RISK, AT_RISK],
  [SLEEPY, ATTENTION, ATTENTION, LOYAL, LOYAL],
  [PROMISING, POTENTIAL, POTENTIAL, LOYAL, CHAMPIONS],
  [NEW, POTENTIAL, POTENTIAL, CHAMPIONS, CHAMPIONS],
];

const isIn = (value: number, [low, high]: ScoreRange) => value >= low && value <= high;

/** The 125 codes in order, 111 first. */
function* allCodes(): Generator<readonly [number, number, number]> {
  for (let place = 0; place < 125; place++) yield [1 + Math.trunc(place / 25), 1 + (Math.trunc(place / 5) % 5), 1 + (place % 5)];
}

/** Names of the lines that hold a code, each once. */
function namesOf([r, f, m]: readonly [number, number, number], lines: readonly SegmentLine[]): string[] {
  const holding = lines.filter((line) => isIn(r, line.r) && isIn(f, line.f) && isIn(m, line.m) && isIn(f + m, line.fm));
  return [...new Set(holding.map(({ name }) => name))];
}

/**
 * The segments of a custom map, or those of the default one (docs/lifecycle.md, RFM map).
 *
 * @param lines a partition of the codes: `partitionFaults` of it is empty; undefined for the default map
 */
export function rfmSegments(lines?: readonly SegmentLine[]): RfmSegments {
  const places = new Uint8Array(125);
  if (!lines) {
    for (const [r, f, m] of allCodes()) places[codePlace(r, f, m)] = MAP[r - 1]?.[(BAND_OF_SUM[f + m] as number) - 1] as number;
    return { names: RFM_SEGMENTS, zh: RFM_SEGMENTS_ZH, places };
  }
  const names = [...new Set(lines.map(({ name }) => name))];
  const zh = names.map((name) => lines.find((line) => line.name === name && line.zh !== undefined)?.zh ?? null);
  for (const code of allCodes()) places[codePlace(...code)] = names.indexOf(namesOf(code, lines)[0] as string);
  return { names, zh, places };
}

/** Codes that a message lists. */
const LISTED = 12;

/** What keeps a custom map from being a partition: one line for the codes without a segment, one for those with several; [] when it is one. */
export function partitionFaults(lines: readonly SegmentLine[]): string[] {
  const missing: string[] = [];
  const doubled: string[] = [];
  for (const code of allCodes()) {
    const names = namesOf(code, lines);
    if (names.length === 0) missing.push(code.join(''));
    if (names.length > 1) doubled.push(`${code.join('')} (${names.join(', ')})`);
  }
  const listed = (codes: readonly string[]) =>
    codes.slice(0, LISTED).join(', ') + (codes.length > LISTED ? ` and ${codes.length - LISTED} more` : '');
  return [
    ...(missing.length > 0 ? [`${missing.length} of the 125 codes R F M without a segment: ${listed(missing)}`] : []),
    ...(doubled.length > 0 ? [`${doubled.length} with several: ${listed(doubled)}`] : []),
  ];
}
