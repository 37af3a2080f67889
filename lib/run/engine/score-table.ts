import { type Columns, NO_CODE, NO_INT } from '../../arrow/columns.ts';
import { CLV_METHODS, type SCORES } from '../../arrow/schemas.ts';
import { gather, gatherBytes } from '../../book/book-file.ts';
import { purchasesAfter } from '../../book/purchases-after.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { fillNextChanges } from '../../lifecycle/next-change.ts';
import { valueAtRiskMinor } from '../../lifecycle/value-at-risk.ts';
import { SIGNALS } from '../../lifecycle/words.ts';
import { type CutPoints, scoreOf } from '../../rfm/cut-points.ts';
import { codePlace, rfmSegments } from '../../rfm/segment-map.ts';
import { dayOf } from '../../time.ts';
import { type Calibration, hasAllSignals } from './epoch-record.ts';
import { stateColumns } from './shard-state.ts';
import type { ShardTimeline } from './shard-timeline.ts';

type ScoreColumns = Columns<typeof SCORES>;

/**
 * The scores of a shard on a date, customers in the order `order` (bytes of the id). Without a valid purchase: stage prospect,
 * frequency and monetary 0, all else about purchases null (docs/data-contract.md, Scores).
 */
export function scoreColumns(
  timeline: ShardTimeline,
  order: Int32Array,
  calibration: Calibration,
  config: PerennialConfig,
): ScoreColumns {
  const rows = order.length;
  const state = stateColumns(timeline.state, order);
  const ints = () => new Int32Array(rows).fill(NO_INT);
  const doubles = () => new Float64Array(rows).fill(Number.NaN);
  const codes = () => new Uint8Array(rows).fill(NO_CODE);
  const day = dayOf(calibration.date);
  const out: ScoreColumns = {
    customer_id: gatherBytes(timeline.book.ids.column, order),
    as_of: new Int32Array(rows).fill(day),
    first_purchase_on: ints(),
    last_purchase_on: ints(),
    recency_days: ints(),
    frequency: new Int32Array(rows),
    monetary_minor: new Float64Array(rows),
    r: codes(),
    f: codes(),
    m: codes(),
    rfm_segment: codes(),
    x: ints(),
    t_x_days: ints(),
    tenure_days: ints(),
    p_alive: doubles(),
    p_return: doubles(),
    expected_purchases: doubles(),
    expected_spend_minor: doubles(),
    clv_minor: doubles(),
    clv_method: codes(),
    total_clv_minor: doubles(),
    tier: state.tier,
    tier_since: state.tier_since,
    q: doubles(),
    stage: state.stage,
    stage_since: state.stage_since,
    previous_stage: state.previous_stage,
    change_reason: state.change_reason,
    epoch: codes(),
    next_change_on: ints(),
    warning_level: state.warning_level,
    warning_points: gather(timeline.warningPoints, order),
    value_at_risk_minor: doubles(),
    signals: codes(),
  };
  fillPurchases(out, timeline, order, day);
  if (config.rfm.windowDays !== null) fillWindow(out, timeline, order, day - config.rfm.windowDays);
  fillRfm(out, calibration, config);
  if (timeline.night) {
    fillNextChanges(timeline.stages, timeline.book.customers, { order, day, night: timeline.night }, out.next_change_on);
  }
  fillModel(out, timeline, order);
  fillWarnings(out, hasAllSignals(calibration));
  return out;
}

function fillPurchases(out: ScoreColumns, timeline: ShardTimeline, order: Int32Array, day: number): void {
  const c = timeline.book.customers;
  for (let row = 0; row < order.length; row++) {
    const slot = order[row] as number;
    const n = c.purchaseDays[slot] as number;
    if (n === 0) continue;
    const first = c.firstDay[slot] as number;
    const last = c.lastDay[slot] as number;
    out.first_purchase_on[row] = first;
    out.last_purchase_on[row] = last;
    out.recency_days[row] = day - last;
    out.frequency[row] = n;
    out.monetary_minor[row] = c.net[slot] as number;
    out.total_clv_minor[row] = c.net[slot] as number;
    out.x[row] = n - 1;
    out.t_x_days[row] = last - first;
    out.tenure_days[row] = day - first;
  }
}

/** What stands beside the warning level; without a model the value at risk stays null. */
function fillWarnings(out: ScoreColumns, hasAll: boolean): void {
  const signals = SIGNALS.indexOf(hasAll ? 'full' : 'partial');
  for (let row = 0; row < out.warning_level.length; row++) {
    if (out.warning_level[row] === NO_CODE) continue;
    out.signals[row] = signals;
    const [q, pReturn, clv] = [out.q[row], out.p_return[row], out.clv_minor[row]] as [number, number, number];
    out.value_at_risk_minor[row] = valueAtRiskMinor(q, pReturn, clv);
  }
}

/** `frequency` and `monetary_minor` of the days after `after` alone; x, values and tiers stay those of all days. */
function fillWindow(out: ScoreColumns, { book }: ShardTimeline, order: Int32Array, after: number): void {
  for (let row = 0; row < order.length; row++) {
    if (out.x[row] === NO_INT) continue;
    const { days, netMinor } = purchasesAfter(book, order[row] as number, after);
    out.frequency[row] = days;
    out.monetary_minor[row] = netMinor;
  }
}

function fillRfm(out: ScoreColumns, { rfmCuts }: Calibration, config: PerennialConfig): void {
  if (!rfmCuts) return;
  const { places } = rfmSegments(config.rfm.segmentMap);
  const recency = rfmCuts.recency.map(dayOf) as unknown as CutPoints;
  const frequency = rfmCuts.frequency as CutPoints;
  const monetary = rfmCuts.monetary as CutPoints;
  for (let row = 0; row < out.frequency.length; row++) {
    if (out.x[row] === NO_INT) continue;
    const r = scoreOf(out.last_purchase_on[row] as number, recency);
    const f = scoreOf(out.frequency[row] as number, frequency);
    const m = scoreOf(out.monetary_minor[row] as number, monetary);
    out.r[row] = r;
    out.f[row] = f;
    out.m[row] = m;
    out.rfm_segment[row] = places[codePlace(r, f, m)] as number;
  }
}

/** What the timeline predicted on the night; nothing under the fallback. */
function fillModel(out: ScoreColumns, timeline: ShardTimeline, order: Int32Array): void {
  const { values } = timeline;
  const { model } = values;
  if (!model) return;
  const { repeatNet } = timeline.book.customers;
  const [gammaGamma, population, cohort] = [...CLV_METHODS.keys()] as [number, number, number];
  const isCohort = model.spend.kind === 'cohort_mean';
  for (let row = 0; row < order.length; row++) {
    if (out.x[row] === NO_INT) continue;
    const slot = order[row] as number;
    const x = out.x[row] as number;
    const value = values.clvMinor[slot] as number;
    out.p_alive[row] = values.pAlive[slot] as number;
    out.p_return[row] = values.pReturn[slot] as number;
    out.q[row] = values.q[slot] as number;
    out.expected_purchases[row] = values.expected[slot] as number;
    out.expected_spend_minor[row] = Math.round(model.spendMinor(x, repeatNet[slot] as number));
    out.clv_minor[row] = value;
    out.clv_method[row] = isCohort ? cohort : x === 0 ? population : gammaGamma;
    out.total_clv_minor[row] = (out.total_clv_minor[row] as number) + value;
    out.epoch[row] = 0;
  }
}
