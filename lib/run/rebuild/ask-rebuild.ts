import { BOOK_VERSION } from '../../arrow/schemas.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { configHash } from '../../config/load.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import type { RunRequest } from '../contracts.ts';
import type { RunDeps } from '../deps.ts';
import { type Current, chainOf, listRuns, type RunRecord } from '../run-ledger.ts';
import { configOfRun } from './asked-config.ts';
import { generationChanges, rebuildSource } from './generation-change.ts';

/** What the record of a rebuild says of it. */
export type RebuildRecord = Required<
  Pick<RunRecord, 'from' | 'to' | 'generation' | 'baseRunId' | 'replacesRunId' | 'rebuild' | 'bookVersion'>
>;

/**
 * Settles a rebuild: every date of the committed chain again, in a generation of its own, in place of the committed run.
 *
 * @returns undefined when the committed run is this very rebuild: it was asked again
 * @throws UsageError when nothing is committed, or dates are given
 */
export async function askRebuild(
  deps: RunDeps,
  request: RunRequest,
  config: PerennialConfig,
  current: Current | undefined,
): Promise<RebuildRecord | undefined> {
  if (!current) {
    throw new UsageError('Rebuild: no run is committed, expected one. There is nothing to rebuild; begin with put and run.');
  }
  if (request.from !== undefined || request.to !== undefined) {
    throw new UsageError('Rebuild: dates given, expected none. Leave them out; every committed date is made again.');
  }
  const chain = await chainOf(deps, current.runId);
  const committed = chain[0] as RunRecord;
  const before = await configOfRun(deps, committed.runId);
  const rebuild = rebuildSource(generationChanges(before, config), request.rebuild?.fromDrops ?? false);
  if (isThis(committed, config, request)) return undefined;
  return {
    from: (chain.at(-1) as RunRecord).from,
    to: current.dt,
    generation: await nextGeneration(deps, config, current),
    baseRunId: '',
    replacesRunId: current.runId,
    rebuild,
    bookVersion: BOOK_VERSION,
  };
}

/** True when a committed run is the rebuild that is asked for: made anew it would hold the same. */
function isThis(committed: RunRecord, config: PerennialConfig, request: RunRequest): boolean {
  return (
    committed.rebuild !== undefined &&
    committed.configSha256 === configHash(config) &&
    committed.snapshots === request.snapshots &&
    committed.bookVersion === BOOK_VERSION &&
    (committed.rebuild === 'drops' || request.rebuild?.fromDrops !== true)
  );
}

/**
 * One above every generation that was ever begun: a number is never used for two things. A dead rebuild with the same
 * configuration is gone on with under its own.
 */
export async function nextGeneration(deps: RunDeps, config: PerennialConfig, current: Current): Promise<number> {
  const runs = await listRuns(deps);
  const dead = runs.find(
    ({ state, replacesRunId, configSha256 }) =>
      state === 'OPEN' && replacesRunId === current.runId && configSha256 === configHash(config),
  );
  return dead?.generation ?? Math.max(...runs.map(({ generation }) => generation)) + 1;
}

/** @throws ConfigError when the configuration would go on with another meaning than the committed state has */
export async function refuseOtherGeneration(
  deps: RunDeps,
  runId: string,
  config: PerennialConfig,
  advice = 'Set it back, or run `rebuild`, which makes all state anew',
): Promise<void> {
  const before = await configOfRun(deps, runId);
  const change = generationChanges(before, config).find(({ name }) => name !== 'mapping' && name !== 'scoring');
  if (!change) return;
  throw new ConfigError(
    `Configuration ${change.name}: ${change.now}, expected ${change.before}, with which all state was made. ${advice}.`,
  );
}
