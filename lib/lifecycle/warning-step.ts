import { LEVEL, NO_DAY, NO_LEVEL, type WarningColumns } from './warning-columns.ts';

/** Days after which an alert without a purchase was right. */
export const ALERT_MATURES_DAYS = 90;

/** What a night's warnings came to. */
export interface WarningCounts {
  /** Customers who entered an episode, or a level that their episode had not reached: somebody is to be told. */
  alerts: number;
  /** Alerts after which nothing was bought for 90 days, and after which something was. */
  alertsRight: number;
  alertsWrong: number;
}

/** What a night knows of one customer; days are epoch days. */
export interface WarningNightOf {
  readonly day: number;
  /** Code that the points of the night stand for; `NO_LEVEL` for a prospect and a churned customer, which ends an episode. */
  readonly level: number;
  /** Without meaning, but not after `day`, where nothing was bought. */
  readonly lastPurchaseDay: number;
  /** Nights in a row with fewer points after which a level falls by one. */
  readonly quietNights: number;
}

/**
 * One night of one customer's warning: a level rises at once and falls by one step after `quietNights` nights in a row; one alert per
 * episode, and another only for a higher level. The row's columns are changed in place, and what happened is added to `counts`.
 *
 * Source: docs/lifecycle.md, Early warning.
 */
export function stepWarning(columns: WarningColumns, row: number, night: WarningNightOf, counts: WarningCounts): void {
  matureAlert(columns, row, night, counts);
  const { day, level } = night;
  if (level === NO_LEVEL) {
    endEpisode(columns, row);
    if (columns.level[row] !== NO_LEVEL) enterLevel(columns, row, NO_LEVEL, day);
    return;
  }
  const former = columns.level[row] === NO_LEVEL ? -1 : (columns.level[row] as number);
  if (level > former) enterLevel(columns, row, level, day);
  else if (level === former) columns.quietNights[row] = 0;
  else {
    (columns.quietNights[row] as number) += 1;
    if ((columns.quietNights[row] as number) >= night.quietNights) enterLevel(columns, row, former - 1, day);
  }
  const now = columns.level[row] as number;
  if (now === LEVEL.none) endEpisode(columns, row);
  else if (columns.alertedLevel[row] === NO_LEVEL || now > (columns.alertedLevel[row] as number)) {
    counts.alerts++;
    if (columns.episodeOn[row] === NO_DAY) columns.episodeOn[row] = day;
    columns.alertedLevel[row] = now;
    columns.alertedOn[row] = day;
    if (columns.alertPendingOn[row] === NO_DAY) columns.alertPendingOn[row] = day;
  }
}

/** True when `stepWarning` would change and count nothing, which is so for most customers of a night. */
export function isCalm(columns: WarningColumns, row: number, night: WarningNightOf): boolean {
  if (night.level !== columns.level[row] || columns.quietNights[row] !== 0) return false;
  return columns.alertPendingOn[row] === NO_DAY || !isMature(columns, row, night);
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

/** Counts an alert whose outcome is known on this night: right when nothing was bought for 90 days. */
function matureAlert(columns: WarningColumns, row: number, night: WarningNightOf, counts: WarningCounts): void {
  if (columns.alertPendingOn[row] === NO_DAY || !isMature(columns, row, night)) return;
  if (night.lastPurchaseDay > (columns.alertPendingOn[row] as number)) counts.alertsWrong++;
  else counts.alertsRight++;
  columns.alertPendingOn[row] = NO_DAY;
}

/** Whether the outcome of an alert that waits is known. */
function isMature({ alertPendingOn }: WarningColumns, row: number, { day, lastPurchaseDay }: WarningNightOf): boolean {
  const since = alertPendingOn[row] as number;
  return lastPurchaseDay > since || day - since >= ALERT_MATURES_DAYS;
}
