import { NO_CODE } from '../../arrow/columns.ts';
import { STAGES, type Stage, TIERS, WARNING_LEVELS } from '../../lifecycle/words.ts';
import { RFM_SEGMENTS } from '../../rfm/segment-map.ts';
import { type BusinessDate, dayOf, formatDay } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import type { Calibration } from '../engine/epoch-record.ts';
import { readCalibration } from '../epoch-files.ts';
import type { RunPlan } from '../plan.ts';
import { datesOf, readReceipts, type ScoreReceipt } from '../receipts.ts';
import { readScores, type ScoreFile } from '../score-files.ts';

/** Customers by name; every name that may be is there. */
export type Counts = Readonly<Record<string, number>>;

/** Stage changes of one kind: `from` is '' for a first stage. */
export interface StageFlow {
  readonly from: Stage | '';
  readonly to: Stage;
  readonly customers: number;
}

/** What a replay came to. Counts are customers. */
export interface ReplayFigures {
  /** Id of the epoch in force on the last date; null while days of silence decide. */
  readonly epoch: string | null;
  /** Fits of all nights that were replayed. */
  readonly fits: { readonly accepted: number; readonly refused: number };
  /** Baseline nights of all nights that were replayed. */
  readonly baselineNights: readonly {
    readonly date: BusinessDate;
    readonly reason: NonNullable<Calibration['baseline']>;
    readonly restated: number;
  }[];
  /** On the last date. */
  readonly customers: number;
  readonly stages: Counts;
  readonly tiers: Counts;
  readonly warnings: Counts;
  readonly rfmSegments: Counts;
  /** Members, those among them who are held out included. */
  readonly segments: Counts;
  /** Members who are held out of the segments that hold somebody out. */
  readonly heldOut: Counts;
  /** Legal stage changes of the dates told of, as in the KPIs; restatements are none of them. */
  readonly flows: readonly StageFlow[];
  readonly transitions: number;
  readonly restated: number;
  /** `churned` to `returned`, over all that became `churned`; the share is null when nobody did. */
  readonly falseChurn: { readonly churned: number; readonly returned: number; readonly share: number | null };
  /** The night, baseline nights left out, on which the largest share of all customers changed stage without a purchase. */
  readonly busiestNight: { readonly date: BusinessDate; readonly share: number } | null;
}

/** A replay with the scores of its last date, shard by shard. */
export interface ReplaySide {
  readonly figures: ReplayFigures;
  readonly scores: readonly ScoreFile[];
}

/** Stages that are entered without a purchase. */
const ENTERED_BY_TIME: readonly number[] = [STAGES.indexOf('declining'), STAGES.indexOf('churned')];

/** Reads what a replay came to. @param from first date of those told of, on or after the replay's own first */
export async function readReplay(deps: RunDeps, plan: RunPlan, from: BusinessDate): Promise<ReplaySide> {
  const { generation, runId, to: dt, shards } = plan;
  const calibrations = await Promise.all(datesOf(plan).map((date) => readCalibration(deps, generation, date, runId)));
  const receipts = await readReceipts(deps, plan, 'score-shard');
  const scores = await Promise.all(
    Array.from({ length: shards }, (_, shard) => readScores(deps, { generation, dt, runId, shard })),
  );
  const kpis = receipts.flatMap((receipt) => receipt.kpis);
  const fits = calibrations.flatMap(({ date, candidate }) => (candidate?.date === date ? [candidate] : []));
  const accepted = fits.filter((fit) => fit.accepted).length;
  const told = kpis.filter(({ day }) => day >= dayOf(from));
  const flows = addFlows(told);
  const figures: ReplayFigures = {
    epoch: calibrations.at(-1)?.epoch?.id ?? null,
    fits: { accepted, refused: fits.length - accepted },
    baselineNights: calibrations.flatMap(({ date, baseline: reason }) =>
      reason ? [{ date, reason, restated: restatedOn(kpis, date) }] : [],
    ),
    customers: scores.reduce((sum, { rows }) => sum + rows, 0),
    ...countScores(scores),
    flows,
    transitions: flows.reduce((sum, { customers }) => sum + customers, 0),
    restated: told.reduce((sum, { restated }) => sum + restated, 0),
    falseChurn: falseChurnOf(flows),
    busiestNight: busiestOf(told, new Set(calibrations.filter(({ baseline }) => baseline).map(({ date }) => dayOf(date)))),
  };
  return { figures, scores };
}

type Kpis = ScoreReceipt['kpis'];

const restatedOn = (kpis: Kpis, date: BusinessDate) =>
  kpis.filter(({ day }) => day === dayOf(date)).reduce((sum, { restated }) => sum + restated, 0);

/** Flows of all nights and shards, by code of `from` (a first stage first), then of `to`. */
function addFlows(kpis: Kpis): StageFlow[] {
  const counts = new Map<number, number>();
  const rank = (from: number, to: number) => (from < STAGES.length ? from + 1 : 0) * 16 + to;
  for (const { flows } of kpis) {
    for (const [from, to, customers] of flows) counts.set(rank(from, to), (counts.get(rank(from, to)) ?? 0) + customers);
  }
  const ordered = [...counts].sort(([a], [b]) => a - b);
  return ordered.map(([key, customers]) => ({
    from: STAGES[(key >> 4) - 1] ?? '',
    to: STAGES[key & 15] as Stage,
    customers,
  }));
}

function falseChurnOf(flows: readonly StageFlow[]): ReplayFigures['falseChurn'] {
  const sum = (passes: (flow: StageFlow) => boolean) =>
    flows.filter(passes).reduce((total, { customers }) => total + customers, 0);
  const churned = sum(({ to }) => to === 'churned');
  const returned = sum(({ from, to }) => from === 'churned' && to === 'returned');
  return { churned, returned, share: churned === 0 ? null : returned / churned };
}

function busiestOf(kpis: Kpis, baselines: ReadonlySet<number>): ReplayFigures['busiestNight'] {
  const nights = new Map<number, { moved: number; customers: number }>();
  for (const { day, flows, customers } of kpis) {
    if (baselines.has(day)) continue;
    const night = nights.get(day) ?? { moved: 0, customers: 0 };
    nights.set(day, night);
    night.customers += customers;
    for (const [, to, count] of flows) if (ENTERED_BY_TIME.includes(to)) night.moved += count;
  }
  let busiest: ReplayFigures['busiestNight'] = null;
  for (const [day, { moved, customers }] of nights) {
    const share = customers === 0 ? 0 : moved / customers;
    if (!busiest || share > busiest.share) busiest = { date: formatDay(day), share };
  }
  return busiest;
}

/** Customers of the last date by each of their words, and members of each segment. */
function countScores(
  scores: readonly ScoreFile[],
): Pick<ReplayFigures, 'stages' | 'tiers' | 'warnings' | 'rfmSegments' | 'segments' | 'heldOut'> {
  const segments: Record<string, number> = {};
  const heldOut: Record<string, number> = {};
  for (const file of scores) {
    for (const [place, id] of file.segments.entries()) {
      let [members, left] = [0, 0];
      for (let row = 0; row < file.rows; row++) {
        members += (membersAt(file, row) >>> place) & 1;
        left += ((file.heldOut[row] as number) >>> place) & 1;
      }
      segments[id] = (segments[id] ?? 0) + members;
      if (left > 0) heldOut[id] = (heldOut[id] ?? 0) + left;
    }
  }
  const rfmWords = scores.find(({ words }) => words.get('rfm_segment')?.length)?.words.get('rfm_segment') ?? RFM_SEGMENTS;
  return {
    stages: countWords(scores, STAGES, ({ columns }) => columns.stage),
    tiers: countWords(scores, TIERS, ({ columns }) => columns.tier),
    warnings: countWords(scores, WARNING_LEVELS, ({ columns }) => columns.warning_level),
    rfmSegments: countWords(scores, rfmWords, ({ columns }) => columns.rfm_segment),
    segments,
    heldOut,
  };
}

/** Segments whose conditions a customer meets, as bits: what a holdout leaves out of the lists changes nothing here. */
export const membersAt = ({ bits, heldOut }: Pick<ScoreFile, 'bits' | 'heldOut'>, row: number): number =>
  (bits[row] as number) | (heldOut[row] as number);

/** Null is no word, and is not counted. */
function countWords(
  scores: readonly ScoreFile[],
  words: readonly string[],
  column: (file: ScoreFile) => Uint8Array,
): Record<string, number> {
  const counts = words.map(() => 0);
  for (const file of scores) {
    const codes = column(file);
    for (let row = 0; row < file.rows; row++) {
      const code = codes[row] as number;
      if (code !== NO_CODE) (counts[code] as number) += 1;
    }
  }
  return Object.fromEntries(words.map((word, code) => [word, counts[code] as number]));
}
