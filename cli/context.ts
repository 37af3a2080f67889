import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PerennialConfig } from '../lib/config/config.ts';
import { parseConfig } from '../lib/config/load.ts';
import { ConfigError, UsageError } from '../lib/errors.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { openDeps, type Places } from '../lib/run/open-deps.ts';
import { type ObjectStore, openObjectStore } from '../lib/store/objects.ts';
import { openHome } from './local/home.ts';

/** Seconds for which a local run's lease lives without renewal. */
const LOCAL_LEASE_SECONDS = 120;

/** Options that nearly every command has. */
export interface HomeOptions {
  readonly home?: string;
  readonly config?: string;
}

/** A home that this command holds, with its stores. */
export interface LocalHome {
  readonly dir: string;
  readonly deps: RunDeps;
  readonly config: PerennialConfig;
  close(): Promise<void>;
}

/** How commands reach homes, configurations and drops. */
export interface CliContext {
  /** Makes the home when `create`; else it must be there. */
  openHome(options: HomeOptions, mode?: 'create' | 'existing'): Promise<LocalHome>;
  /** The lake, to put dated drops into; the home is not taken, so a run may go on beside it. */
  openDrops(options: HomeOptions): Promise<{ drops: ObjectStore; config: PerennialConfig }>;
}

const DEFAULT_CONFIG = 'perennial.config.json';

/** Text of the configuration: of `--config`, else of perennial.config.json here, else every default. */
function readConfigText(file: string | undefined): { text: string; where: string } {
  if (file === undefined && !existsSync(DEFAULT_CONFIG)) return { text: '{}', where: 'defaults' };
  const where = file ?? DEFAULT_CONFIG;
  try {
    return { text: readFileSync(where, 'utf8'), where };
  } catch (cause) {
    throw new ConfigError(`Configuration ${where}: cannot be read, expected a JSON file. Correct the path.`, { cause });
  }
}

/** Reads and checks a configuration. */
function loadConfig(file: string | undefined): { text: string; config: PerennialConfig } {
  const { text, where } = readConfigText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`Configuration ${where}: ${(cause as Error).message}, expected JSON. Correct the file.`, { cause });
  }
  return { text, config: parseConfig(value, where) };
}

/** Folder of a home. */
export const homeDir = (options: HomeOptions): string => resolve(options.home ?? '.perennial');

/** The context of a real command line. */
export const cliContext: CliContext = {
  async openHome(options, mode = 'existing') {
    if (mode === 'existing' && !existsSync(homeDir(options))) {
      throw new UsageError(
        `Home ${homeDir(options)}: there is none, expected one that demo, put or run made. Name another with --home, or begin with demo.`,
      );
    }
    const { text, config } = loadConfig(options.config);
    const home = await openHome(homeDir(options), { command: process.argv.slice(2).join(' ') });
    const env = {
      ...home.env,
      PERENNIAL_CONFIG: text,
      LEASE_SECONDS: String(LOCAL_LEASE_SECONDS),
      EXCLUSIVE_HOME: '1',
      POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'SILENT',
    };
    Object.assign(process.env, env);
    const owner = { host: hostname(), pid: process.pid, command: process.argv.slice(2).join(' ') };
    const places: unknown = { ...home.env, PERENNIAL_CONFIG: text, LEASE_SECONDS: LOCAL_LEASE_SECONDS, EXCLUSIVE_HOME: '1' };
    // The home is held by this process alone: whoever is named in a lease is gone.
    const deps = openDeps(places as Places, owner, () => true);
    return { dir: home.dir, deps, config, close: () => home.close() };
  },
  async openDrops(options) {
    const { config } = loadConfig(options.config);
    const lake = pathToFileURL(resolve(homeDir(options), 'lake')).href;
    return { drops: openObjectStore(lake), config };
  },
};
