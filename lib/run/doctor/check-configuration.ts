import { configHash } from '../../config/load.ts';
import { lakeKeys } from '../../keys.ts';
import { type ConfigInForce, configInForce, storedConfig } from '../config-in-force.ts';
import type { RunDeps } from '../deps.ts';
import { readConfig } from '../plan.ts';
import { askedConfig, configOfRun } from '../rebuild/asked-config.ts';
import { generationChanges } from '../rebuild/generation-change.ts';
import type { RunRecord } from '../run-ledger.ts';
import { type Finding, ok, oneLine, problem } from './finding.ts';

const ORIGINS: Readonly<Record<ConfigInForce['origin'], string>> = {
  file: 'a file',
  put: 'what config put left',
  deployed: 'what the stack was deployed with',
  defaults: 'every default',
};

/** What to do about a configuration in the lake that cannot be read: either command overwrites it. */
export const PUT_ANEW = 'Put one again: `config put FILE`; or take it back: `config reset`.';

/** The configuration in force is valid. @param file name of the file that is taken; '' when there is none, or it is not known */
export async function checkConfiguration(deps: RunDeps, file: string): Promise<Finding> {
  const { origin, putAt, config } = await configInForce(deps);
  if (origin === 'file' && file !== '') return ok('configuration', `the file ${file}, hash ${configHash(config).slice(0, 12)}`);
  const since = putAt === '' ? '' : ` at ${putAt}`;
  return ok('configuration', `${ORIGINS[origin]}${since}, hash ${configHash(config).slice(0, 12)}`);
}

/** What `config put` left is valid, also where a file is stronger: elsewhere it holds. */
export async function checkPutConfiguration(deps: RunDeps): Promise<Finding> {
  const { origin, putAt } = await storedConfig(deps);
  return ok('put configuration', origin === 'put' ? `of ${putAt}; the file is stronger` : 'none');
}

/** The configuration that the committed run was computed with is there. Without it nothing of the run can be told. */
export async function checkRunConfiguration(deps: RunDeps, { configSha256 }: RunRecord): Promise<Finding> {
  const check = 'run configuration';
  try {
    await readConfig(deps, configSha256);
  } catch (error) {
    const restore = `Restore ${lakeKeys.config(configSha256)} from ${deps.isExclusive ? 'a copy' : 'an earlier version in S3'}; until then no night runs.`;
    return problem(check, oneLine((error as Error).message), restore);
  }
  return ok(check, `hash ${configSha256.slice(0, 12)}`);
}

/** The configuration in force is of the generation that is committed. */
export async function checkGeneration(deps: RunDeps, runId: string): Promise<Finding> {
  const changes = generationChanges(await configOfRun(deps, runId), await askedConfig(deps));
  const refused = changes.filter(({ name }) => name !== 'mapping' && name !== 'scoring');
  if (refused.length > 0) {
    const texts = refused.map(({ name, before, now }) => `${name} ${before} → ${now}`);
    return problem('generation', `${texts.join(', ')}: nights are refused`, 'Set it back, or make all state anew: `rebuild`.');
  }
  const names = changes.map(({ name }) => name);
  return ok(
    'generation',
    names.length === 0 ? 'time zone, currency and shards as committed' : `${names.join(' and ')} changed: for the nights to come`,
  );
}
