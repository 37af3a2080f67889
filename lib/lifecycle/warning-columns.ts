import { WARNING_LEVELS, type WarningLevel } from './words.ts';

/** Code of a warning level. */
export const LEVEL = Object.fromEntries(WARNING_LEVELS.map((level, code) => [level, code])) as Record<WarningLevel, number>;

/** Code of a customer without a level: a prospect, or churned. */
export const NO_LEVEL = 255;

/** A date that is not set. */
export const NO_DAY = -2_147_483_648;

/** The warnings of customers, one row each; dates are epoch days, `NO_DAY` when there is none. */
export interface WarningColumns {
  /** Code of the level, `NO_LEVEL` for one who is not warned of. */
  readonly level: Uint8Array;
  /** Day on which the level was entered. */
  readonly since: Int32Array;
  /** Nights in a row on which the points stood for a lower level. */
  readonly quietNights: Uint8Array;
  /** Day on which the episode began: the customer was at no level before it. */
  readonly episodeOn: Int32Array;
  /** Highest level of the episode, for which alone an alert was given; `NO_LEVEL` outside an episode. */
  readonly alertedLevel: Uint8Array;
  /** Day of the last alert. */
  readonly alertedOn: Int32Array;
  /** Day of an alert of which it is not known yet whether it was right. */
  readonly alertPendingOn: Int32Array;
}

/** Columns for `rows` customers without a warning. */
export function newWarningColumns(rows: number): WarningColumns {
  const days = () => new Int32Array(rows).fill(NO_DAY);
  return {
    level: new Uint8Array(rows).fill(NO_LEVEL),
    since: days(),
    quietNights: new Uint8Array(rows),
    episodeOn: days(),
    alertedLevel: new Uint8Array(rows).fill(NO_LEVEL),
    alertedOn: days(),
    alertPendingOn: days(),
  };
}
