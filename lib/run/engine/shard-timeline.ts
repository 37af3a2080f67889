import { foldNight } from '../../book/fold-night.ts';
import type { NightFacts } from '../../book/night-facts.ts';
import type { NightFold } from '../../book/night-fold.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import type { TransactionIndex } from '../../book/transaction-index.ts';
import type { PerennialConfig } from '../../config/config.ts';
import type { Schedule } from '../../lifecycle/replay.ts';
import { NO_STAGE, type StageColumns } from '../../lifecycle/stage-columns.ts';
import type { NightRules } from '../../lifecycle/stage-rules.ts';
import { NO_LEVEL } from '../../lifecycle/warning-columns.ts';
import type { WarningCounts } from '../../lifecycle/warning-step.ts';
import { STAGES } from '../../lifecycle/words.ts';
import type { Calibration } from './epoch-record.ts';
import { NightValues } from './night-values.ts';
import { clearRow, grownState, newShardState, type ShardState, type TierColumns } from './shard-state.ts';
import { StageSteps } from './step-stages.ts';
import { stepTiers } from './step-tiers.ts';
import { stepWarnings } from './step-warnings.ts';
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
  /** What the model predicts on the last night. */
  readonly values = new NightValues();
  readonly #index: TransactionIndex;
  readonly #schedule: Schedule;
  readonly #config: PerennialConfig;
  readonly #steps: StageSteps;
  /** Rules of the last night: once another rhythm is in force, only replays ask the former. */
  night: NightRules | undefined;

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
    this.#steps = new StageSteps(book, schedule, this.log);
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
    const erasedStages = this.#forget(fold.erased);
    this.begin(day);
    this.predict(day, calibration);
    this.stepStages(day, calibration, fold.corrected);
    this.stepTiers(day, calibration);
    return { ...fold, erasedStages, warnings: this.stepWarnings(day, calibration) };
  }

  /** Brings the rules of a night into force, and makes room for customers that became known. The steps of the night come after. */
  begin(day: number): void {
    this.#reserve(this.book.size);
    const night = this.#schedule.at(day);
    if (night.rhythm !== this.night?.rhythm) {
      this.night?.rhythm?.release?.();
      this.night?.silence?.release();
    }
    this.night = night;
  }

  /** Makes the night's predictions, which its steps stand on. */
  predict(day: number, calibration: Calibration): void {
    this.values.take(this.book, day, calibration, this.#config);
  }

  /** @param corrected days of the past that began or ceased to count on this night, by slot */
  stepStages(day: number, calibration: Calibration, corrected: NightFold['corrected']): void {
    const rules = this.night as NightRules;
    // the schedule's rhythm is the model in force, unless its tables were given up since
    const { model, q, pReturn } = this.values;
    const now = model && model.predictor === rules.rhythm ? { q, pReturn } : undefined;
    this.#steps.take(this.stages, { day, rules, calibration, now }, corrected);
  }

  stepTiers(day: number, calibration: Calibration): void {
    const isBaseline = this.night?.baseline !== null;
    const clvMinor = this.values.model && this.values.clvMinor;
    stepTiers(this.book, this.tiers, { day, calibration, isBaseline, clvMinor }, this.#config);
  }

  stepWarnings(day: number, calibration: Calibration): WarningCounts {
    return stepWarnings(this.book, this.state, this.warningPoints, {
      day,
      rules: this.#config.warning,
      q: this.values.model && this.values.q,
      medianGapDays: calibration.epoch?.medianGapDays ?? null,
    });
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

  #reserve(size: number): void {
    if (this.stages.stage.length >= size) return;
    const length = Math.max(size, this.stages.stage.length * 2, 1024);
    this.state = grownState(this.state, length);
    this.warningPoints = new Uint8Array(length).fill(NO_LEVEL);
  }
}
