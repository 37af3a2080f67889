import { NO_CODE, NO_INT } from '../../arrow/columns.ts';
import { foldNight } from '../../book/fold-night.ts';
import type { NightFacts } from '../../book/night-facts.ts';
import type { NightFold } from '../../book/night-fold.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import type { TransactionIndex } from '../../book/transaction-index.ts';
import { clvMinor, spendPredictor } from '../../clv/predict/customer-value.ts';
import type { Predictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { InvariantBrokenError } from '../../errors.ts';
import { isLegalEdge } from '../../lifecycle/legal-edges.ts';
import { applyBaseline, replayTimeline, type Schedule } from '../../lifecycle/replay.ts';
import type { SilenceTable } from '../../lifecycle/silence-table.ts';
import { enterStage, NO_STAGE, REASON, STAGE, type StageColumns } from '../../lifecycle/stage-columns.ts';
import type { NightRules, PurchaseFacts } from '../../lifecycle/stage-rules.ts';
import { stepStage } from '../../lifecycle/stage-step.ts';
import { plainTier, stepTier } from '../../lifecycle/tier-step.ts';
import { NO_LEVEL } from '../../lifecycle/warning-columns.ts';
import { inactivityTable } from '../../lifecycle/warning-points.ts';
import { STAGES } from '../../lifecycle/words.ts';
import { type Calibration, predictorOf, spendRuleOf } from './epoch-record.ts';
import { clearRow, grownState, newShardState, type ShardState, type TierColumns } from './shard-state.ts';
import { stepWarnings, type WarningCounts } from './step-warnings.ts';
import { TransitionLog } from './transition-log.ts';

/**
 * A shard's customers going through the nights of a run: fold, restatement, baseline, one legal step, tier
 * (docs/architecture.md, Nights). The result of a night depends on the book, the state and the calibration of that night alone.
 */
export class ShardTimeline {
  readonly book: ShardBook;
  readonly log = new TransitionLog();
  state: ShardState;
  /** Points of the early warning of the last night, by slot; `NO_LEVEL` for those who are not warned of. */
  warningPoints: Uint8Array;
  readonly #index: TransactionIndex;
  readonly #schedule: Schedule;
  readonly #config: PerennialConfig;
  /** Rules of the last night: once another rhythm is in force, only replays ask the former. */
  night: NightRules | undefined;
  #inactivity: SilenceTable | null = null;
  #days: Int32Array = new Int32Array(256);

  constructor(
    book: ShardBook,
    index: TransactionIndex,
    state: ShardState | undefined,
    schedule: Schedule,
    config: PerennialConfig,
  ) {
    this.book = book;
    this.#index = index;
    this.#schedule = schedule;
    this.#config = config;
    this.state = state ?? newShardState(book.size);
    this.warningPoints = new Uint8Array(book.size).fill(NO_LEVEL);
  }

  get stages(): StageColumns {
    return this.state.stages;
  }

  get tiers(): TierColumns {
    return this.state.tiers;
  }

  /** Takes the night of `day`. */
  advance(
    day: number,
    facts: NightFacts,
    calibration: Calibration,
  ): NightFold & { erasedStages: number[]; warnings: WarningCounts } {
    const fold = foldNight(this.book, this.#index, day, facts);
    this.#reserve(this.book.size);
    const erasedStages = this.#forget(fold.erased);
    const night = this.#schedule.at(day);
    if (night.rhythm !== this.night?.rhythm) {
      this.night?.rhythm?.release?.();
      this.night?.silence?.release();
      this.#inactivity = night.rhythm && inactivityTable(night.rhythm, this.#config.warning);
    }
    this.night = night;
    for (let slot = 0; slot < this.book.size; slot++) {
      if (!this.book.isRemoved(slot)) this.#stepCustomer(slot, day, night, fold, calibration);
    }
    this.#stepTiers(day, calibration, night.baseline !== null);
    const warnings = stepWarnings(this.book, this.state, this.warningPoints, {
      day,
      rules: this.#config.warning,
      inactivity: this.#inactivity,
    });
    return { ...fold, erasedStages, warnings };
  }

  /** Takes erased customers' stages, tiers and changes away. @returns how many of them there were by stage */
  #forget(slots: readonly number[]): number[] {
    const counts = STAGES.map(() => 0);
    const { stage: stages } = this.state.stages;
    for (const slot of slots) {
      const stage = stages[slot] as number;
      if (stage !== NO_STAGE) (counts[stage] as number) += 1;
      clearRow(this.state, slot);
    }
    if (slots.length > 0) this.log.forget(new Set(slots));
    return counts;
  }

  #stepCustomer(slot: number, day: number, night: NightRules, fold: NightFold, calibration: Calibration): void {
    const { stages } = this;
    const committed = stages.stage[slot] as number;
    const correction = fold.corrected.get(slot);
    if (correction || night.baseline) this.#restate(slot, day, night, correction, committed, calibration);
    const from = stages.stage[slot] as number;
    const facts = this.#facts;
    const c = this.book.customers;
    facts.purchaseDays = c.purchaseDays[slot] as number;
    facts.firstDay = c.firstDay[slot] as number;
    facts.lastDay = c.lastDay[slot] as number;
    if (!stepStage(stages, slot, facts, day, night)) return;
    const to = stages.stage[slot] as number;
    if (from !== NO_STAGE && !isLegalEdge(from, to)) {
      throw new InvariantBrokenError(`Stage ${STAGES[from]} to ${STAGES[to]}: not a legal step. Report this bug.`);
    }
    const reason = stages.reason[slot] as number;
    const evidence = this.#evidence(facts, day, night, calibration);
    this.log.append({ slot, day, from, to, kind: 'transition', reason, evidence });
  }

  /** Late data and a baseline night: at most one restatement, from the stage committed for the night before. */
  #restate(
    slot: number,
    day: number,
    night: NightRules,
    correction: { added: boolean; removed: boolean; transactions: string[] } | undefined,
    committed: number,
    calibration: Calibration,
  ): void {
    const { stages } = this;
    const before = this.#factsBefore(slot, day);
    const [since, previous, formerReason] = [stages.since[slot], stages.previous[slot], stages.reason[slot]] as number[];
    let reason = REASON[night.baseline ?? 'LATE_DATA'];
    if (correction) {
      reason = correction.added ? REASON.LATE_DATA : REASON.REBUILT_AFTER_REFUND;
      this.#takeReplayed(slot, day, committed);
    }
    if (night.baseline) applyBaseline(stages, slot, before, day, night);
    const to = stages.stage[slot] as number;
    const isSame = to === committed;
    // late data and a baseline night may cancel each other out: then the committed account of the stage stands
    stages.previous[slot] = isSame ? (previous as number) : committed;
    stages.since[slot] = isSame ? (since as number) : day;
    stages.reason[slot] = isSame ? (formerReason as number) : reason;
    if (isSame) return;
    const evidence = this.#evidence(before, day - 1, night, calibration, correction?.transactions);
    this.log.append({ slot, day, from: committed, to, kind: 'restated', reason, evidence });
  }

  /** The replayed stage and counters of the night before, with the committed account of it where the stage is the same. */
  #takeReplayed(slot: number, day: number, committed: number): void {
    const { stages } = this;
    const [days, count] = this.book.countingDays(slot, this.#days);
    this.#days = days;
    const replayed = replayTimeline(days, count, day - 1, this.#schedule);
    let stage = replayed.stage[0] as number;
    if (stage === NO_STAGE && committed !== NO_STAGE) stage = STAGE.prospect;
    if (stage !== committed && stage !== NO_STAGE) enterStage(stages, slot, stage, day, REASON.LATE_DATA);
    stages.decliningNights[slot] = replayed.decliningNights[0] as number;
    stages.churnNights[slot] = replayed.churnNights[0] as number;
  }

  #stepTiers(day: number, calibration: Calibration, isBaseline: boolean): void {
    const { tierCuts: cuts, epoch } = calibration;
    if (!cuts) return;
    const { tier, since } = this.tiers;
    const { purchaseDays } = this.book.customers;
    const total = this.#totalValue(day, epoch ? predictorOf(epoch, this.#config) : null, calibration);
    for (let slot = 0; slot < this.book.size; slot++) {
      if (purchaseDays[slot] === 0) {
        tier[slot] = NO_CODE;
        since[slot] = NO_INT;
        continue;
      }
      const former = tier[slot] as number;
      const value = total(slot);
      const next =
        former === NO_CODE || isBaseline
          ? plainTier(value, cuts)
          : stepTier(former, day - (since[slot] as number), value, cuts, this.#config.tiers);
      if (next === former) continue;
      tier[slot] = next;
      since[slot] = day;
    }
  }

  #totalValue(day: number, predictor: Predictor | null, calibration: Calibration): (slot: number) => number {
    const c = this.book.customers;
    if (!predictor || !calibration.epoch) return (slot) => c.net[slot] as number;
    const spendMinor = spendPredictor(spendRuleOf(calibration.epoch, this.#config.currency));
    const { marginRatio } = this.#config.clv;
    return (slot) => {
      const x = (c.purchaseDays[slot] as number) - 1;
      const first = c.firstDay[slot] as number;
      const purchases = predictor.discounted(x, (c.lastDay[slot] as number) - first, day - first);
      return (c.net[slot] as number) + clvMinor(purchases, spendMinor(x, c.repeatNet[slot] as number), marginRatio);
    };
  }

  readonly #facts = { purchaseDays: 0, firstDay: 0, lastDay: 0 };

  /** Facts as of the day before: without a purchase on `day` itself. */
  #factsBefore(slot: number, day: number): PurchaseFacts {
    const c = this.book.customers;
    const firstDay = c.firstDay[slot] as number;
    if (c.lastDay[slot] !== day) {
      return { purchaseDays: c.purchaseDays[slot] as number, firstDay, lastDay: c.lastDay[slot] as number };
    }
    const [days, count] = this.book.countingDays(slot, this.#days);
    this.#days = days;
    return { purchaseDays: count - 1, firstDay, lastDay: count > 1 ? (days[count - 2] as number) : NO_INT };
  }

  #evidence(
    facts: PurchaseFacts,
    day: number,
    night: NightRules,
    { epoch }: Calibration,
    transactions?: readonly string[],
  ): string {
    const { purchaseDays: n, firstDay, lastDay } = facts;
    const silence = n > 0 ? day - lastDay : null;
    let [q, p90, z]: (number | null)[] = [null, null, null];
    if (night.rhythm && n > 0) {
      q = night.rhythm.q(n - 1, lastDay - firstDay, day - firstDay);
      p90 = night.rhythm.pReturn(n - 1, lastDay - firstDay, day - firstDay);
    }
    if (epoch?.medianGapDays && silence !== null) z = silence / ((lastDay - firstDay + 2 * epoch.medianGapDays) / (n + 1));
    return JSON.stringify({ q, p90, z, s: silence, n, epoch: epoch?.id ?? null, ...(transactions ? { transactions } : {}) });
  }

  #reserve(size: number): void {
    if (this.stages.stage.length >= size) return;
    const length = Math.max(size, this.stages.stage.length * 2, 1024);
    this.state = grownState(this.state, length);
    this.warningPoints = new Uint8Array(length).fill(NO_LEVEL);
  }
}
