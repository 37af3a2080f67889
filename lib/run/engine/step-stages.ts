import { NO_INT } from '../../arrow/columns.ts';
import type { NightFold } from '../../book/night-fold.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { InvariantBrokenError } from '../../errors.ts';
import { isLegalEdge } from '../../lifecycle/legal-edges.ts';
import { applyBaseline, replayTimeline, type Schedule } from '../../lifecycle/replay.ts';
import { enterStage, NO_STAGE, REASON, STAGE, type StageColumns } from '../../lifecycle/stage-columns.ts';
import type { NightRules, PurchaseFacts } from '../../lifecycle/stage-rules.ts';
import { type ChancesNow, rowsToStep, stepStage } from '../../lifecycle/stage-step.ts';
import { STAGES } from '../../lifecycle/words.ts';
import { formatDay } from '../../time.ts';
import type { Calibration } from './epoch-record.ts';
import { changeEvidence, evidenceJson } from './evidence.ts';
import type { TransitionLog } from './transition-log.ts';

/** What became of a customer's past on a night: days before it that began or ceased to count. */
type Correction = NightFold['corrected'] extends ReadonlyMap<number, infer C> ? C : never;

/** What stages are stepped with on one night. */
interface StageNight {
  readonly day: number;
  readonly rules: NightRules;
  readonly calibration: Calibration;
  /** The rhythm's probabilities of the night by slot, where they were made. */
  readonly now?: ChancesNow | undefined;
}

/** A step that was taken. */
interface Step {
  readonly slot: number;
  /** Code of the stage before. */
  readonly from: number;
  readonly facts: PurchaseFacts;
}

/**
 * The stages of a shard's customers on its nights: a restatement where the past or the rules changed, then one legal step
 * (docs/lifecycle.md, Edges, Restatements, Baseline nights). Every change goes to the log.
 */
export class StageSteps {
  readonly #book: ShardBook;
  readonly #schedule: Schedule;
  readonly #log: TransitionLog;
  readonly #facts = { purchaseDays: 0, firstDay: 0, lastDay: 0 };
  readonly #predicted = { purchaseDays: 0, firstDay: 0, lastDay: 0, q: 0, pReturn: 0 };
  #days: Int32Array = new Int32Array(256);
  /** Slots that a night may change. */
  #found: Int32Array = new Int32Array(0);

  constructor(book: ShardBook, schedule: Schedule, log: TransitionLog) {
    this.#book = book;
    this.#schedule = schedule;
    this.#log = log;
  }

  /** One night of all customers. @param stages changed in place @throws InvariantBrokenError when a step is not legal */
  take(stages: StageColumns, night: StageNight, corrected: NightFold['corrected']): void {
    const book = this.#book;
    const { size } = book;
    if (night.rules.baseline) {
      for (let slot = 0; slot < size; slot++) {
        if (!book.isRemoved(slot)) this.#restate(stages, slot, night, corrected.get(slot));
      }
    } else {
      for (const [slot, correction] of corrected) {
        if (!book.isRemoved(slot)) this.#restate(stages, slot, night, correction);
      }
    }
    this.#stepAll(stages, night);
  }

  #stepAll(stages: StageColumns, night: StageNight): void {
    const book = this.#book;
    const { customers, size } = book;
    const { day, rules } = night;
    if (this.#found.length < size) this.#found = new Int32Array(size + (size >> 3));
    const count = rowsToStep(stages, customers, { rows: size, day, night: rules, now: night.now }, this.#found);
    for (let i = 0; i < count; i++) {
      const slot = this.#found[i] as number;
      if (book.isRemoved(slot)) continue;
      const facts = this.#factsOf(slot, night.now);
      const from = stages.stage[slot] as number;
      if (stepStage(stages, slot, facts, day, rules)) this.#logStep(stages, { slot, from, facts }, night);
    }
  }

  /** Facts of the night itself; the object is the same one at each call. */
  #factsOf(slot: number, now: ChancesNow | undefined): PurchaseFacts {
    const { purchaseDays, firstDay, lastDay } = this.#book.customers;
    const facts = now ? this.#predicted : this.#facts;
    facts.purchaseDays = purchaseDays[slot] as number;
    facts.firstDay = firstDay[slot] as number;
    facts.lastDay = lastDay[slot] as number;
    if (now) {
      this.#predicted.q = now.q[slot] as number;
      this.#predicted.pReturn = now.pReturn[slot] as number;
    }
    return facts;
  }

  #logStep(stages: StageColumns, { slot, from, facts }: Step, { day, rules, calibration }: StageNight): void {
    const to = stages.stage[slot] as number;
    if (from !== NO_STAGE && !isLegalEdge(from, to)) {
      const epoch = calibration.epoch?.id ?? 'the fallback';
      throw new InvariantBrokenError(
        `Stage of a customer on ${formatDay(day)} under ${epoch}: ${STAGES[from]} to ${STAGES[to]}, expected one of the 13 legal steps. Nothing of this run is published: report this bug with these words and \`calibrations --date ${formatDay(day)} --json\`.`,
      );
    }
    const evidence = evidenceJson(changeEvidence(facts, day, rules, calibration));
    this.#log.append({ slot, day, from, to, kind: 'transition', reason: stages.reason[slot] as number, evidence });
  }

  /** Late data and a baseline night: at most one restatement, from the stage committed for the night before. */
  #restate(
    stages: StageColumns,
    slot: number,
    { day, rules, calibration }: StageNight,
    correction: Correction | undefined,
  ): void {
    const committed = stages.stage[slot] as number;
    const before = this.#factsBefore(slot, day);
    const [since, previous, formerReason] = [stages.since[slot], stages.previous[slot], stages.reason[slot]] as number[];
    let reason = REASON[rules.baseline ?? 'LATE_DATA'];
    if (correction) {
      reason = correction.added ? REASON.LATE_DATA : REASON.REBUILT_AFTER_REFUND;
      this.#takeReplayed(stages, slot, day, committed);
    }
    if (rules.baseline) applyBaseline(stages, slot, before, day, rules);
    const to = stages.stage[slot] as number;
    const isSame = to === committed;
    // late data and a baseline night may cancel each other out: then the committed account of the stage stands
    stages.previous[slot] = isSame ? (previous as number) : committed;
    stages.since[slot] = isSame ? (since as number) : day;
    stages.reason[slot] = isSame ? (formerReason as number) : reason;
    if (isSame) return;
    const evidence = evidenceJson(changeEvidence(before, day - 1, rules, calibration), correction?.transactions);
    this.#log.append({ slot, day, from: committed, to, kind: 'restated', reason, evidence });
  }

  /** The replayed stage and counters of the night before, with the committed account of it where the stage is the same. */
  #takeReplayed(stages: StageColumns, slot: number, day: number, committed: number): void {
    const [days, count] = this.#book.countingDays(slot, this.#days);
    this.#days = days;
    const replayed = replayTimeline(days, count, day - 1, this.#schedule);
    let stage = replayed.stage[0] as number;
    if (stage === NO_STAGE && committed !== NO_STAGE) stage = STAGE.prospect;
    if (stage !== committed && stage !== NO_STAGE) enterStage(stages, slot, stage, day, REASON.LATE_DATA);
    stages.decliningNights[slot] = replayed.decliningNights[0] as number;
    stages.churnNights[slot] = replayed.churnNights[0] as number;
  }

  /** Facts as of the day before: without a purchase on `day` itself. */
  #factsBefore(slot: number, day: number): PurchaseFacts {
    const c = this.#book.customers;
    const firstDay = c.firstDay[slot] as number;
    if (c.lastDay[slot] !== day) {
      return { purchaseDays: c.purchaseDays[slot] as number, firstDay, lastDay: c.lastDay[slot] as number };
    }
    const [days, count] = this.#book.countingDays(slot, this.#days);
    this.#days = days;
    return { purchaseDays: count - 1, firstDay, lastDay: count > 1 ? (days[count - 2] as number) : NO_INT };
  }
}
