import { GATE_NAMES, type GateName } from '../../config/gates.ts';
import type { Feed } from '../../keys.ts';
import type { BusinessDate } from '../../time.ts';

/** How a check came out. What could not be judged is never `passed`. */
export type CheckStatus = 'passed' | 'failed' | 'waived' | 'not_enough_history' | 'closed_day';

/** One check of a run, as `runs/R/verdict.json` keeps it and people read it. */
export interface CheckResult {
  /** A gate, or a check of conservation. */
  readonly name: string;
  /** The date that was judged; null for the run as a whole. */
  readonly date: BusinessDate | null;
  /** The feed that was judged; null for all of them. */
  readonly feed: Feed | null;
  readonly severity: 'error' | 'warn';
  readonly status: CheckStatus;
  readonly observed: string;
  readonly expected: string;
  /** What it means and what to do, in one sentence or two; '' when there is nothing to say. */
  readonly message: string;
}

/** A result before its severity is looked up. */
export interface Finding extends Omit<CheckResult, 'name' | 'severity'> {
  readonly name: GateName;
  /** A breach that is told and never holds the run, whatever the severity of the check. */
  readonly isMild?: boolean;
}

/** True for a check that nobody can waive: it tells that something was lost or made up. */
export const isConservation = (name: string): boolean => !(GATE_NAMES as readonly string[]).includes(name);

/** A share as people read it: `4.2 %`. */
export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;
