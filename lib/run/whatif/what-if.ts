import type { ConfigChange } from '../../config/config-changes.ts';
import type { ObjectStore } from '../../store/objects.ts';
import type { BusinessDate } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { compareSides, type Moved } from './compare-sides.ts';
import { planReplay, type WhatIfRequest } from './plan-replay.ts';
import { type ReplayWatch, replay } from './replay.ts';
import { type ReplayFigures, readReplay } from './replay-figures.ts';

/** How a range would have gone under another configuration, beside the same replay under the one in force. */
export interface WhatIf {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** First night of the replays: before `from` where nothing is kept of the day before. */
  readonly replayedFrom: BusinessDate;
  /** What the replays go on from; null where they begin with nothing. */
  readonly base: { readonly runId: string; readonly dt: BusinessDate } | null;
  /** The committed run whose configuration counts as the one in force. */
  readonly configRun: string;
  readonly changes: readonly ConfigChange[];
  /** Keys of `changes` that no replay can show. */
  readonly withoutEffect: readonly string[];
  readonly inForce: ReplayFigures;
  readonly whatIf: ReplayFigures;
  readonly moved: Moved;
}

/**
 * Replays a range of committed dates under another configuration and under that of the newest committed run, and compares.
 *
 * @param scratch an empty store: the only place that is written to
 * @throws ConfigError, UsageError as `planReplay`
 */
export async function whatIf(deps: RunDeps, request: WhatIfRequest, scratch: ObjectStore, watch: ReplayWatch): Promise<WhatIf> {
  const plan = await planReplay(deps, request);
  const { deps: through, plans } = await replay(deps, plan, scratch, watch);
  const [inForce, other] = [
    await readReplay(through, plans.inForce, plan.from),
    await readReplay(through, plans.whatIf, plan.from),
  ];
  return {
    from: plan.from,
    to: plan.to,
    replayedFrom: plan.begin,
    base: plan.base,
    configRun: plan.configRun,
    changes: plan.changes,
    withoutEffect: plan.withoutEffect,
    inForce: inForce.figures,
    whatIf: other.figures,
    moved: compareSides(inForce, other),
  };
}
