import { UsageError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { RunDeps } from './deps.ts';
import type { RunRecord } from './run-ledger.ts';

/** What a run record says of drops that lie in the lake itself: it stays true of a home that is moved or copied. */
const LAKE_DROPS = 'lake:drops';

const ownDrops = (deps: Pick<RunDeps, 'lake'>) => `${deps.lake.url}/${lakeKeys.dropsPrefix}`;

/** The place of a request's drops as a run record keeps it. @param dropsUrl left out: the lake's own */
export function recordedDrops(deps: Pick<RunDeps, 'lake'>, dropsUrl: string | undefined): string {
  return dropsUrl === undefined || dropsUrl === ownDrops(deps) ? LAKE_DROPS : dropsUrl;
}

/** The absolute URL of the drops that a run record names. */
export function dropsUrlOf(deps: Pick<RunDeps, 'lake'>, { dropsUrl }: Pick<RunRecord, 'dropsUrl'>): string {
  return dropsUrl === LAKE_DROPS ? ownDrops(deps) : dropsUrl;
}

/**
 * Where a file is written that the next run is to take: where the last run read its drops.
 *
 * @param head the last committed run, if any @param given what `--data` names
 * @throws UsageError naming `what` when the last run read its drops in place and nothing is given
 */
export function nextDropsUrl(
  deps: Pick<RunDeps, 'lake'>,
  head: RunRecord | undefined,
  given: string | undefined,
  what: string,
): string {
  if (given !== undefined || !head || dropsUrlOf(deps, head) === ownDrops(deps)) return given ?? ownDrops(deps);
  throw new UsageError(
    `${what}: the last run read its drops in place (${head.dropsUrl}), expected to be told where the next one reads. Add --data DIR; what is written then lies there in dt=${head.to}/, as a late file.`,
  );
}
