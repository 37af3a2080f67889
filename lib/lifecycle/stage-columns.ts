import { REASONS, type Reason, STAGES, type Stage } from './words.ts';

/** Code of a stage. */
export const STAGE = Object.fromEntries(STAGES.map((stage, code) => [stage, code])) as Record<Stage, number>;

/** Code of a reason. */
export const REASON = Object.fromEntries(REASONS.map((reason, code) => [reason, code])) as Record<Reason, number>;

/** Code of a customer that has no stage yet, and of a missing previous stage or reason. */
export const NO_STAGE = 255;

/** The stages of customers, one row each; dates are epoch days. */
export interface StageColumns {
  /** Code of the stage, `NO_STAGE` before the first night. */
  readonly stage: Uint8Array;
  /** Day of the last change. */
  readonly since: Int32Array;
  readonly previous: Uint8Array;
  readonly reason: Uint8Array;
  /** Nights in a row on which the declining condition held. */
  readonly decliningNights: Uint8Array;
  /** Nights in a row on which the churn condition held. */
  readonly churnNights: Uint8Array;
}

/** Columns for `rows` customers without a stage. */
export function newStageColumns(rows: number): StageColumns {
  return {
    stage: new Uint8Array(rows).fill(NO_STAGE),
    since: new Int32Array(rows),
    previous: new Uint8Array(rows).fill(NO_STAGE),
    reason: new Uint8Array(rows).fill(NO_STAGE),
    decliningNights: new Uint8Array(rows),
    churnNights: new Uint8Array(rows),
  };
}

/** Moves a row to a stage and restarts its counters. */
export function enterStage(columns: StageColumns, row: number, stage: number, day: number, reason: number): void {
  columns.previous[row] = columns.stage[row] as number;
  columns.stage[row] = stage;
  columns.since[row] = day;
  columns.reason[row] = reason;
  columns.decliningNights[row] = 0;
  columns.churnNights[row] = 0;
}
