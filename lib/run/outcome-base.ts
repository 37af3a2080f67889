import type { PerennialConfig } from '../config/config.ts';
import { type BusinessDate, dayOf } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { type OutcomeBase, readConfig } from './plan.ts';
import type { RunRecord } from './run-ledger.ts';

/** Days after a publication on which its outcome is best told, and the least and most. */
const WANTED_DAYS = 28;
const LEAST_DAYS = 21;
const MOST_DAYS = 35;

/**
 * The publication nearest to 28 days before a date, of 21 to 35, that held anybody out: of two as near the older one. Only segments
 * that have kept their share since are compared: otherwise some who were held out then are treated now, or the other way round.
 *
 * @param chain the committed chain of the generation, newest first @param now the date, and the configuration of its run
 */
export async function findOutcomeBase(
  deps: RunDeps,
  chain: readonly RunRecord[],
  now: { readonly to: BusinessDate; readonly config: PerennialConfig },
): Promise<OutcomeBase | undefined> {
  const age = ({ to }: RunRecord) => dayOf(now.to) - dayOf(to);
  const candidates = chain.filter((run) => age(run) >= LEAST_DAYS && age(run) <= MOST_DAYS);
  const distance = (run: RunRecord) => Math.abs(age(run) - WANTED_DAYS);
  candidates.sort((a, b) => distance(a) - distance(b) || age(b) - age(a));
  for (const run of candidates) {
    const segments = await steadySegments(deps, chain.slice(0, chain.indexOf(run) + 1), now.config);
    if (segments.length > 0) return { runId: run.runId, dt: run.to, segments };
  }
  return undefined;
}

/** Segments that hold out now, and held out the same share in all of these runs. */
async function steadySegments(deps: RunDeps, runs: readonly RunRecord[], { segments }: PerennialConfig): Promise<string[]> {
  let steady = segments.filter(({ holdoutShare }) => holdoutShare > 0);
  for (const sha256 of new Set(runs.map(({ configSha256 }) => configSha256))) {
    if (steady.length === 0) break;
    const earlier = (await readConfig(deps, sha256)).segments;
    steady = steady.filter(({ id, holdoutShare }) =>
      earlier.some((segment) => segment.id === id && segment.holdoutShare === holdoutShare),
    );
  }
  return steady.map(({ id }) => id);
}
