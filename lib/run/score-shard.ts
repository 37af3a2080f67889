import { encodeParquet } from '../arrow/parquet.ts';
import {
  MEMBERSHIP,
  MEMBERSHIP_VERSION,
  SCORES,
  SCORES_VERSION,
  STATE,
  STATE_VERSION,
  TRANSITIONS,
  TRANSITIONS_VERSION,
} from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import type { ShardBook } from '../book/shard-book.ts';
import type { PerennialConfig } from '../config/config.ts';
import { hashJson, scoringHash } from '../config/load.ts';
import { lakeKeys } from '../keys.ts';
import type { StageColumns } from '../lifecycle/stage-columns.ts';
import { STAGES } from '../lifecycle/words.ts';
import type { ShardKpi } from '../report/shard-figures.ts';
import { rfmSegments } from '../rfm/segment-map.ts';
import { holdOut } from '../segment/holdout.ts';
import { membershipBits } from '../segment/membership.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import { type BusinessDate, dayOf, formatDay, weekdayOf } from '../time.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { FigureCounter } from './engine/count-figures.ts';
import { countNight } from './engine/count-night.ts';
import { type Calibration, scheduleOf } from './engine/epoch-record.ts';
import { profileValues } from './engine/profile-values.ts';
import { scoreColumns } from './engine/score-table.ts';
import { segmentInput } from './engine/segment-input.ts';
import { type ShardState, stateColumns, stateOf } from './engine/shard-state.ts';
import { ShardTimeline } from './engine/shard-timeline.ts';
import { readCalibration, readEpochBook } from './epoch-files.ts';
import { tallyOutcomes } from './outcomes.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { datesOf, findReceipt, type ScoreReceipt, writeReceipt } from './receipts.ts';
import { readShardInput, spanOf, totalsOf } from './shard-input.ts';
import { standingOf } from './standing.ts';

/** Version of the stage rules' code; the thresholds' hash is added to it in `rule_version`. */
const RULES = 'stages-1';

/** Dates of a shard whose transitions are written together. */
const DATES_AT_ONCE = 8;

/**
 * Pass two over a shard: every night again with its calibration, for stages, tiers and transitions; then the scores, the state
 * and the segment membership of the last date. A pure function of book, state, ledger and epochs.
 */
export async function scoreShard(task: ShardTask, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const item = itemKey('score-shard', task);
  const done = await findReceipt(deps, task.runId, 'score-shard', item);
  if (done) return countsOf(done);
  const plan = await readPlan(deps, task.runId);
  const config = await readConfig(deps, plan.configSha256);
  const folded = await findReceipt(deps, task.runId, 'fold-shard', itemKey('fold-shard', task));
  const options = { config, months: folded?.hitMonths, withIdentifiers: false };
  const { book, index, factsOf } = await readShardInput(deps, spanOf(plan), task.shard, options);
  const before = totalsOf(book);
  const state = plan.base ? await readState(deps, plan, task.shard, book) : undefined;
  const stagesBefore = countStages(state?.stages, book.size);
  const epochs = await readEpochBook(deps, plan.generation, plan.runId);
  const timeline = new ShardTimeline(book, index, state, scheduleOf(epochs, config), config);
  const counter = new FigureCounter(epochs, config);
  const kpis: ShardKpi[] = [];
  let calibration: Calibration | undefined;
  for (const date of datesOf(plan)) {
    signal.throwIfAborted();
    calibration = await readCalibration(deps, plan.generation, date, plan.runId);
    const logged = timeline.log.rows;
    const fold = timeline.advance(dayOf(date), await factsOf(date), calibration);
    const night = countNight(timeline, dayOf(date), fold, logged);
    kpis.push({ ...night, figures: counter.count(timeline, dayOf(date), fold) });
    if (keepsScores(date, plan)) await writeScores(deps, plan, task.shard, timeline, calibration, config);
  }
  await writeState(deps, plan, task.shard, timeline);
  await writeTransitions(deps, plan, task.shard, timeline, config);
  const receipt: ScoreReceipt = {
    before,
    after: totalsOf(book),
    transitions: timeline.log.rows,
    restatements: kpis.reduce((sum, kpi) => sum + kpi.restated, 0),
    stagesBefore,
    kpis,
    ...(plan.outcomeOf ? { outcomes: await tallyOutcomes(deps, plan, task.shard, book) } : {}),
  };
  await writeReceipt(deps, task.runId, 'score-shard', item, receipt);
  return countsOf(receipt);
}

const countsOf = ({ after, transitions }: ScoreReceipt): Counts => ({
  customers: after.customers,
  rows: after.customers,
  transitions,
});

function keepsScores(date: BusinessDate, plan: RunPlan): boolean {
  if (date === plan.to || plan.snapshots === 'all') return true;
  return plan.snapshots === 'weekly' && weekdayOf(dayOf(date)) === 6;
}

function countStages(stages: StageColumns | undefined, size: number): number[] {
  const counts = STAGES.map(() => 0);
  for (let slot = 0; stages && slot < size; slot++) (counts[stages.stage[slot] as number] as number) += 1;
  return counts;
}

async function readState(deps: RunDeps, { base, generation }: RunPlan, shard: number, book: ShardBook): Promise<ShardState> {
  const { dt, runId } = base as NonNullable<RunPlan['base']>;
  const key = lakeKeys.result('state', { generation, dt, runId, shard });
  const { columns } = decodeTable(STATE, await deps.lake.read(key), key, STATE_VERSION);
  return stateOf(columns, book.size);
}

async function writeScores(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  timeline: ShardTimeline,
  calibration: Calibration,
  config: PerennialConfig,
): Promise<void> {
  const place = { generation: plan.generation, dt: calibration.date, runId: plan.runId, shard };
  const order = timeline.book.order();
  const rows = order.length;
  const columns = scoreColumns(timeline, order, calibration, config);
  const words = {
    epoch: calibration.epoch ? [calibration.epoch.id] : [],
    rfm_segment: rfmSegments(config.rfm.segmentMap).names,
  };
  const metadata = { scoring: scoringHash(config), currency: config.currency };
  const bits = membershipBits(config.segments, segmentInput(columns, dayOf(calibration.date), words.rfm_segment), rows);
  const heldOut = holdOut(config.segments, bits, standingOf(columns.customer_id));
  const shown = profileValues(columns, timeline, order, calibration, config);
  const segments = JSON.stringify(config.segments.map(({ id }) => id));
  const membership = encodeTable(MEMBERSHIP, {
    rows,
    columns: { bits, profile_p_return: shown.pReturn, profile_clv_minor: shown.clvMinor, held_out: heldOut },
    schemaVersion: MEMBERSHIP_VERSION,
    metadata: { segments },
  });
  const arrow = encodeTable(SCORES, { rows, columns, schemaVersion: SCORES_VERSION, metadata, words });
  const parquet = async () => {
    const chunks = await encodeParquet(SCORES, { rows, columns, words });
    await deps.lake.create(lakeKeys.result('scores', place, 'parquet'), chunks);
  };
  // a file goes to the disk while the next one is encoded
  await Promise.all([
    deps.lake.create(lakeKeys.result('scores', place), arrow),
    deps.lake.create(lakeKeys.result('membership', place), membership),
    parquet(),
  ]);
}

async function writeState(deps: RunDeps, plan: RunPlan, shard: number, timeline: ShardTimeline): Promise<void> {
  const order = timeline.book.order();
  const key = lakeKeys.result('state', { generation: plan.generation, dt: plan.to, runId: plan.runId, shard });
  const columns = stateColumns(timeline.state, order);
  await deps.lake.create(key, encodeTable(STATE, { rows: order.length, columns, schemaVersion: STATE_VERSION }));
}

async function writeTransitions(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  timeline: ShardTimeline,
  config: PerennialConfig,
): Promise<void> {
  const version = `${RULES}-${hashJson(config.stages).slice(0, 8)}`;
  const days = timeline.log.byDay(timeline.book.ids.column, version);
  await eachConcurrently(days, DATES_AT_ONCE, async ([day, { rows, columns }]) => {
    const dt = formatDay(day);
    const place = { generation: plan.generation, dt, runId: plan.runId, shard };
    const content = { rows, columns, schemaVersion: TRANSITIONS_VERSION };
    await deps.lake.create(lakeKeys.result('transitions', place), encodeTable(TRANSITIONS, content));
    await deps.lake.create(lakeKeys.result('transitions', place, 'parquet'), await encodeParquet(TRANSITIONS, content));
  });
}
