import { type Columns, NO_CODE, NO_INT } from '../../arrow/columns.ts';
import type { STATE } from '../../arrow/schemas.ts';
import { gather } from '../../book/book-file.ts';
import { NO_STAGE, newStageColumns, type StageColumns } from '../../lifecycle/stage-columns.ts';
import { NO_DAY, NO_LEVEL, newWarningColumns, type WarningColumns } from '../../lifecycle/warning-columns.ts';

/** Value tiers of customers by slot; `NO_CODE` and `NO_INT` before the first. */
export interface TierColumns {
  readonly tier: Uint8Array;
  readonly since: Int32Array;
}

/** What is kept of a shard's customers from one night to the next, beside the book; by slot. */
export interface ShardState {
  readonly stages: StageColumns;
  readonly tiers: TierColumns;
  readonly warnings: WarningColumns;
}

/** The state of customers of whom nothing is known yet. */
export function newShardState(rows: number): ShardState {
  return {
    stages: newStageColumns(rows),
    tiers: { tier: new Uint8Array(rows).fill(NO_CODE), since: new Int32Array(rows).fill(NO_INT) },
    warnings: newWarningColumns(rows),
  };
}

/** A state with room for more rows. */
export function grownState(state: ShardState, rows: number): ShardState {
  const grown = newShardState(rows);
  const copy = <T extends object>(to: T, from: T) => {
    for (const name of Object.keys(to) as (keyof T)[]) (to[name] as Uint8Array).set(from[name] as Uint8Array);
  };
  copy(grown.stages, state.stages);
  copy(grown.tiers, state.tiers);
  copy(grown.warnings, state.warnings);
  return grown;
}

/** Makes a row that of a customer of whom nothing is known. */
export function clearRow({ stages, tiers, warnings }: ShardState, row: number): void {
  for (const column of [stages.stage, stages.previous, stages.reason]) column[row] = NO_STAGE;
  for (const column of [stages.since, stages.decliningNights, stages.churnNights]) column[row] = 0;
  tiers.tier[row] = NO_CODE;
  tiers.since[row] = NO_INT;
  for (const column of [warnings.level, warnings.alertedLevel]) column[row] = NO_LEVEL;
  for (const column of [warnings.since, warnings.episodeOn, warnings.alertedOn, warnings.alertPendingOn]) column[row] = NO_DAY;
  warnings.quietNights[row] = 0;
}

/** The state as a file's columns, customers in the order `order`. */
export function stateColumns({ stages, tiers, warnings }: ShardState, order: Int32Array): Columns<typeof STATE> {
  return {
    stage: gather(stages.stage, order),
    stage_since: gather(stages.since, order),
    previous_stage: gather(stages.previous, order),
    change_reason: gather(stages.reason, order),
    declining_nights: gather(stages.decliningNights, order),
    churn_nights: gather(stages.churnNights, order),
    tier: gather(tiers.tier, order),
    tier_since: gather(tiers.since, order),
    warning_level: gather(warnings.level, order),
    warning_since: gather(warnings.since, order),
    quiet_nights: gather(warnings.quietNights, order),
    episode_on: gather(warnings.episodeOn, order),
    alerted_level: gather(warnings.alertedLevel, order),
    alerted_on: gather(warnings.alertedOn, order),
    alert_pending_on: gather(warnings.alertPendingOn, order),
  };
}

/** The state that a file holds: the first `rows` rows, copied, since nights change them in place. */
export function stateOf(c: Columns<typeof STATE>, rows: number): ShardState {
  const copy = <T extends Uint8Array | Int32Array>(from: T): T => from.slice(0, rows) as T;
  return {
    stages: {
      stage: copy(c.stage),
      since: copy(c.stage_since),
      previous: copy(c.previous_stage),
      reason: copy(c.change_reason),
      decliningNights: copy(c.declining_nights),
      churnNights: copy(c.churn_nights),
    },
    tiers: { tier: copy(c.tier), since: copy(c.tier_since) },
    warnings: {
      level: copy(c.warning_level),
      since: copy(c.warning_since),
      quietNights: copy(c.quiet_nights),
      episodeOn: copy(c.episode_on),
      alertedLevel: copy(c.alerted_level),
      alertedOn: copy(c.alerted_on),
      alertPendingOn: copy(c.alert_pending_on),
    },
  };
}
