import type { PerennialConfig } from '../config/config.ts';
import { parseConfig } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { RunDeps } from './deps.ts';
import { findJson, readJson } from './json-objects.ts';

/** Where a configuration comes from, the strongest first. */
export type ConfigOrigin = 'file' | 'put' | 'deployed' | 'defaults';

/** `config/current.json`: the configuration that was put, if any. */
export interface ConfigPointer {
  /** SHA-256 of what was put, which lies in `config/<sha256>.json`; null after a reset. */
  readonly sha256: string | null;
  /** ISO 8601 with Z. */
  readonly putAt: string;
}

/** A configuration with where it comes from. */
export interface ConfigInForce {
  readonly origin: ConfigOrigin;
  /** What messages call it. */
  readonly where: string;
  /** As it was given: defaults are not filled in. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Every default filled. */
  readonly config: PerennialConfig;
  /** Instant of a configuration that was put; '' of others. */
  readonly putAt: string;
}

/** What configurations are looked for in. */
export type ConfigSources = Pick<RunDeps, 'lake' | 'configText' | 'deployedConfigText'>;

/**
 * The configuration in force: an explicit file, else what was put into the lake, else what the stack was deployed with, else every
 * default.
 *
 * @throws ConfigError when it is not valid: a weaker one never takes its place
 */
export async function configInForce(sources: ConfigSources): Promise<ConfigInForce> {
  if (sources.configText !== '') return fromText('file', 'file', sources.configText);
  return storedConfig(sources);
}

/** The configuration in force where no file is given. @throws ConfigError */
export async function storedConfig({ lake, deployedConfigText }: ConfigSources): Promise<ConfigInForce> {
  const pointer = await findConfigPointer(lake);
  if (pointer?.sha256) {
    const key = lakeKeys.config(pointer.sha256);
    const given = await readJson<Record<string, unknown>>(lake, key);
    return { origin: 'put', where: key, given, config: parseConfig(given, key), putAt: pointer.putAt };
  }
  if (deployedConfigText !== '') return fromText('deployed', 'of the deployment', deployedConfigText);
  return fromText('defaults', 'of defaults', '{}');
}

/** What `config put` left; undefined when nothing was ever put. */
export function findConfigPointer(lake: RunDeps['lake']): Promise<ConfigPointer | undefined> {
  return findJson<ConfigPointer>(lake, lakeKeys.configPointer);
}

function fromText(origin: ConfigOrigin, where: string, text: string): ConfigInForce {
  const given = parseConfigText(text, where);
  return { origin, where, given, config: parseConfig(given, where), putAt: '' };
}

/** The object in a configuration's text, not checked. @throws ConfigError when it is not JSON */
export function parseConfigText(text: string, where: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new ConfigError(`Configuration ${where}: ${(cause as Error).message}, expected JSON. Correct the file.`, { cause });
  }
}
