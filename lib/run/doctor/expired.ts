import { KEPT_DAYS } from '../../keys.ts';
import type { RunDeps } from '../deps.ts';
import type { RunRecord } from '../run-ledger.ts';

const DAY_MS = 86_400_000;

/** True when a stack's lifecycle rules may have taken objects of this kind that a run left; never in a home. */
export function isExpired(deps: RunDeps, { committedAt }: RunRecord, kind: keyof typeof KEPT_DAYS): boolean {
  return !deps.isExclusive && deps.now() - Date.parse(committedAt) > KEPT_DAYS[kind] * DAY_MS;
}
