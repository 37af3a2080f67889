import { configHash } from '../../config/load.ts';
import { type ConfigInForce, configInForce } from '../config-in-force.ts';
import type { RunDeps } from '../deps.ts';
import { askedConfig, configOfRun } from '../rebuild/asked-config.ts';
import { generationChanges } from '../rebuild/generation-change.ts';
import { type Finding, ok, problem } from './finding.ts';

const ORIGINS: Readonly<Record<ConfigInForce['origin'], string>> = {
  file: 'a file of this folder or command line',
  put: 'what config put left',
  deployed: 'what the stack was deployed with',
  defaults: 'every default',
};

/** The configuration in force is valid. */
export async function checkConfiguration(deps: RunDeps): Promise<Finding> {
  const { origin, putAt, config } = await configInForce(deps);
  const since = putAt === '' ? '' : ` at ${putAt}`;
  return ok('configuration', `${ORIGINS[origin]}${since}, hash ${configHash(config).slice(0, 12)}`);
}

/** The configuration in force is of the generation that is committed. */
export async function checkGeneration(deps: RunDeps, runId: string): Promise<Finding> {
  const changes = generationChanges(await configOfRun(deps, runId), await askedConfig(deps));
  const refused = changes.filter(({ name }) => name !== 'mapping' && name !== 'scoring');
  if (refused.length > 0) {
    const texts = refused.map(({ name, before, now }) => `${name} ${before} -> ${now}`);
    return problem('generation', `${texts.join(', ')}: nights are refused`, 'Set it back, or make all state anew: `rebuild`.');
  }
  const names = changes.map(({ name }) => name);
  return ok(
    'generation',
    names.length === 0 ? 'time zone, currency and shards as committed' : `${names.join(' and ')} changed: for the nights to come`,
  );
}
