import type { PerennialConfig } from '../../config/config.ts';
import { configInForce } from '../config-in-force.ts';
import type { RunDeps } from '../deps.ts';
import { readConfig } from '../plan.ts';
import { findCurrent, readRun } from '../run-ledger.ts';

/**
 * The configuration that is asked for. Where it does not say how many shards, those of the committed run hold: after a
 * `rebuild --shards N`, and after a rollback of it, the next night goes on by itself.
 *
 * @param shards number that `rebuild` was told, above all
 * @throws ConfigError
 */
export async function askedConfig(deps: RunDeps, shards?: number): Promise<PerennialConfig> {
  const current = await findCurrent(deps);
  const { config, given } = await configInForce(deps);
  if (shards !== undefined) return { ...config, shards };
  return 'shards' in given || !current ? config : { ...config, shards: (await configOfRun(deps, current.runId)).shards };
}

/** The configuration that is asked for, as it would be after a rollback to a run. @throws ConfigError */
export async function askedConfigAfter(deps: RunDeps, runId: string): Promise<PerennialConfig> {
  const { config, given } = await configInForce(deps);
  return 'shards' in given ? config : { ...config, shards: (await configOfRun(deps, runId)).shards };
}

/** The configuration that a run was planned with. */
export async function configOfRun(deps: RunDeps, runId: string): Promise<PerennialConfig> {
  return readConfig(deps, (await readRun(deps, runId)).configSha256);
}
