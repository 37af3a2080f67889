import type { PENDING_REASONS } from '../arrow/schemas.ts';
import type { EpochDay } from '../time.ts';
import type { Fact } from './facts.ts';

/** Why a fact waits. */
export type PendingReason = (typeof PENDING_REASONS)[number];

/** A fact that waits for what it needs. */
export interface PendingFact {
  readonly fact: Fact;
  /** What is still to be applied: the amount, or what is left of it, in minor units of the fact's currency. */
  readonly amountMinor: number;
  readonly reason: PendingReason;
  /** Night on which the fact became known. */
  readonly knownOn: EpochDay;
  /** Nights on which it is still tried. */
  readonly nightsLeft: number;
}

/** Nights for which a fact waits for its original, for a day that covers it, or for a rate (docs/architecture.md, Book). */
export const ORPHAN_NIGHTS = 7;

/** Nights for which an event after its drop waits for its day (docs/architecture.md, Book). */
export const FUTURE_NIGHTS = 2;

/** Why a fact that waited in vain is refused; of a missing rate the fold names it. */
export const EXPIRED: Record<Exclude<PendingReason, 'MISSING_RATE'>, string> = {
  FUTURE_EVENT: 'its day did not come within 2 nights',
  ORPHAN: 'its original was not found among the standing sales within 7 nights',
  EXCESS_REFUND: 'its original had nothing left for the rest within 7 nights',
  UNCOVERED_REFUND: 'no day with enough net was found within 7 nights',
};
