import type { PerennialConfig } from '../config/config.ts';
import { type ConfigChange, configChanges } from '../config/config-changes.ts';
import { canonicalJson, configHash, hashJson, parseConfig } from '../config/load.ts';
import { ConfigError, ContractMismatchError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import { type ConfigInForce, type ConfigPointer, findConfigPointer, parseConfigText, storedConfig } from './config-in-force.ts';
import type { RunDeps } from './deps.ts';
import { jsonBytes } from './json-objects.ts';
import { committedChain, covering } from './read-results.ts';
import { configOfRun } from './rebuild/asked-config.ts';
import { type GenerationChange, generationChanges } from './rebuild/generation-change.ts';
import { findCurrent } from './run-ledger.ts';

/** What `config put` and `config reset` did. */
export interface ConfigSwap {
  /** Lake key of what was put, as it was given; null after a reset. */
  readonly key: string | null;
  /** Hash of what holds now with every default filled, as in the records of the runs to come. */
  readonly sha256: string;
  /** False when the same had been put, or there was nothing to reset. */
  readonly isNew: boolean;
  /** Where the configuration came from until now; `unreadable` when it cannot be told, so that the changes are those from the defaults. */
  readonly former: ConfigInForce['origin'] | 'unreadable';
  /** Where it comes from now. */
  readonly origin: ConfigInForce['origin'];
  readonly changes: readonly ConfigChange[];
  /** What differs from the committed run and matters for its generation. */
  readonly generation: readonly GenerationChange[];
}

/**
 * Puts a configuration into the lake: it holds from the next run on, wherever no file is given. Nothing is written unless it is valid.
 *
 * @param where name of the file, for messages
 * @throws ConfigError that names every wrong key
 * @throws RunSupersededError when somebody else put one at this moment
 */
export async function putConfig(deps: RunDeps, text: string, where: string): Promise<ConfigSwap> {
  const given = parseConfigText(text, where);
  parseConfig(given, where);
  const sha256 = hashJson(given);
  await keepConfig(deps, sha256, new TextEncoder().encode(canonicalJson(given)));
  return swap(deps, sha256);
}

/** Writes a configuration under its hash. One that is damaged is overwritten: whatever lies there, only this content is right. */
async function keepConfig({ lake }: RunDeps, sha256: string, bytes: Uint8Array): Promise<void> {
  const key = lakeKeys.config(sha256);
  const kept = await lake.stat(key);
  if (kept && !Buffer.from(await lake.read(key)).equals(bytes)) await lake.replace(key, bytes, kept.etag);
  else await lake.create(key, bytes);
}

/** Takes back what was put: what the stack was deployed with, else every default, holds again. @throws RunSupersededError */
export function resetConfig(deps: RunDeps): Promise<ConfigSwap> {
  return swap(deps, null);
}

async function swap(deps: RunDeps, sha256: string | null): Promise<ConfigSwap> {
  const before = await deps.lake.stat(lakeKeys.configPointer);
  const former = await formerConfig(deps);
  const isNew = !(await pointsTo(deps, sha256));
  if (isNew) {
    const pointer: ConfigPointer = { sha256, putAt: new Date(deps.now()).toISOString() };
    await deps.lake.replace(lakeKeys.configPointer, jsonBytes(pointer), before?.etag ?? null);
  }
  const now = await storedConfig(deps);
  const current = await findCurrent(deps);
  const committed = current && (await configOfRun(deps, current.runId));
  const [old, wanted] = [withShards(former, committed), withShards(now, committed)];
  return {
    key: sha256 === null ? null : lakeKeys.config(sha256),
    sha256: configHash(wanted),
    isNew,
    former: former.origin,
    origin: now.origin,
    changes: configChanges(old, wanted),
    generation: committed ? generationChanges(committed, wanted) : [],
  };
}

/** True when this is what the pointer says. One that cannot be read says nothing, and is overwritten. */
async function pointsTo({ lake }: RunDeps, sha256: string | null): Promise<boolean> {
  try {
    return ((await findConfigPointer(lake))?.sha256 ?? null) === sha256;
  } catch (error) {
    if (error instanceof ContractMismatchError) return false;
    throw error;
  }
}

type Former = Pick<ConfigInForce, 'given' | 'config'> & { readonly origin: ConfigSwap['former'] };

/** What held until now. One that this version of the code cannot read must not be in the way of a better one. */
async function formerConfig(deps: RunDeps): Promise<Former> {
  try {
    return await storedConfig(deps);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ContractMismatchError)) throw error;
    return { origin: 'unreadable', given: {}, config: parseConfig({}, 'of defaults') };
  }
}

/** Where a configuration does not say how many shards, those of the committed run hold. */
function withShards({ given, config }: Former, committed: PerennialConfig | undefined): PerennialConfig {
  return 'shards' in given || !committed ? config : { ...config, shards: committed.shards };
}

/** The configuration that a committed date was computed with, and its run. @throws UsageError for a date that is not committed */
export async function configOfDate(deps: RunDeps, date: BusinessDate): Promise<{ runId: string; config: PerennialConfig }> {
  const { runId } = covering(await committedChain(deps), date);
  return { runId, config: await configOfRun(deps, runId) };
}
