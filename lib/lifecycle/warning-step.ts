import { LEVEL, NO_DAY, NO_LEVEL, type WarningColumns } from './warning-columns.ts';

/** Days after which an alert without a purchase was right. */
export const ALERT_MATURES_DAYS = 90;

/** What a night did to a customer's warning. */
export interface WarningChange {
  /** A new episode, or a level that the episode had not reached: tell somebody. */
  alerted: boolean;
  /** An alert came to its end: nothing was bought for 90 days (true), or something was (false). */
  matured: boolean | undefined;
}

/**
 * One night of one customer's warning: a level rises at once and falls by one step after `quietNights` nights in a row; one alert per
 * episode, and another only for a higher level. The row's columns are changed in place.
 *
 * Source: docs/lifecycle.md, Early warning.
 * @param level code that the points of the night stand for; `NO_LEVEL` for a prospect and a churned customer, which ends an episode
 * @param lastPurchaseDay epoch day
 */
export function stepWarning(
  columns: WarningColumns,
  row: number,
  { level, day, lastPurchaseDay, quietNights }: { level: number; day: number; lastPurchaseDay: number; quietNights: number },
): WarningChange {
  const change: WarningChange = { alerted: false, matured: matureAlert(columns, row, day, lastPurchaseDay) };
  if (level === NO_LEVEL) {
    endEpisode(columns, row);
    if (columns.level[row] !== NO_LEVEL) enterLevel(columns, row, NO_LEVEL, day);
    return change;
  }
  const former = columns.level[row] === NO_LEVEL ? -1 : (columns.level[row] as number);
  if (level > former) enterLevel(columns, row, level, day);
  else if (level === former) columns.quietNights[row] = 0;
  else {
    (columns.quietNights[row] as number) += 1;
    if ((columns.quietNights[row] as number) >= quietNights) enterLevel(columns, row, former - 1, day);
  }
  const now = columns.level[row] as number;
  if (now === LEVEL.none) endEpisode(columns, row);
  else if (columns.alertedLevel[row] === NO_LEVEL || now > (columns.alertedLevel[row] as number)) {
    change.alerted = true;
    if (columns.episodeOn[row] === NO_DAY) columns.episodeOn[row] = day;
    columns.alertedLevel[row] = now;
    columns.alertedOn[row] = day;
    if (columns.alertPendingOn[row] === NO_DAY) columns.alertPendingOn[row] = day;
  }
  return change;
}

function enterLevel(columns: WarningColumns, row: number, level: number, day: number): void {
  columns.level[row] = level;
  columns.since[row] = level === NO_LEVEL ? NO_DAY : day;
  columns.quietNights[row] = 0;
}

function endEpisode(columns: WarningColumns, row: number): void {
  columns.episodeOn[row] = NO_DAY;
  columns.alertedLevel[row] = NO_LEVEL;
}

/** Whether an alert that waits for its outcome has it on this night. */
function matureAlert(columns: WarningColumns, row: number, day: number, lastPurchaseDay: number): boolean | undefined {
  const since = columns.alertPendingOn[row] as number;
  if (since === NO_DAY) return undefined;
  const hasBought = lastPurchaseDay > since;
  if (!hasBought && day - since < ALERT_MATURES_DAYS) return undefined;
  columns.alertPendingOn[row] = NO_DAY;
  return !hasBought;
}
