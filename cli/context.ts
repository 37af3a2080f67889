import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PerennialConfig } from '../lib/config/config.ts';
import { parseConfig } from '../lib/config/load.ts';
import { ConfigError, UsageError } from '../lib/errors.ts';
import { configInForce, parseConfigText } from '../lib/run/config-in-force.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { type ObjectStore, openObjectStore } from '../lib/store/objects.ts';
import { openHome } from './local/home.ts';
import { homeDeps } from './local/home-deps.ts';
import { defaultWorkers, openLocalRunner } from './local/local-run.ts';
import type { Runner, RunnerOptions } from './runner.ts';

/** Options that nearly every command has. */
export interface HomeOptions {
  readonly home?: string;
  readonly config?: string;
  /** Name of a deployed stack, instead of a home. */
  readonly stack?: string;
}

/** A home that this command holds, or a deployed stack, with its stores. */
export interface OpenHome {
  readonly deps: RunDeps;
  /** The configuration in force. @throws ConfigError */
  config(): Promise<PerennialConfig>;
  /** What runs the machine. */
  openRunner(options: RunnerOptions): Promise<Runner>;
  close(): Promise<void>;
}

/** How commands reach homes, stacks, configurations and drops. */
export interface CliContext {
  /** Makes the home when `create`; else it must be there, as a stack always must. */
  openHome(options: HomeOptions, mode?: 'create' | 'existing'): Promise<OpenHome>;
  /** The lake, to put dated drops into; the home is not taken, so a run may go on beside it. */
  openDrops(options: HomeOptions): Promise<{ drops: ObjectStore; config(): Promise<PerennialConfig> }>;
}

/** The file that is taken when none is named and this one lies in the working folder. */
const DEFAULT_CONFIG = 'perennial.config.json';

/** The configuration file of a command; undefined when there is none, so that what was put, or every default, holds. */
export function configFile({ config }: Pick<HomeOptions, 'config'>): string | undefined {
  return config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
}

/** Text of a configuration file, checked. @throws ConfigError that names every wrong key, or the file that cannot be read */
export function readConfigFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`Configuration ${file}: cannot be read, expected a JSON file. Correct the path.`, { cause });
  }
  parseConfig(parseConfigText(text, file), file);
  return text;
}

/** Text of the configuration file of a command; '' when there is none. */
function configTextOf(options: Pick<HomeOptions, 'config'>): string {
  const file = configFile(options);
  return file === undefined ? '' : readConfigFile(file);
}

/** Folder of a home. */
export const homeDir = (options: HomeOptions): string => resolve(options.home ?? '.perennial');

/** A deployed stack. Its clients are a quarter of what a command loads: they wait until one is named. */
async function openNamedStack(name: string): Promise<OpenHome> {
  const { openStack } = await import('./deployed/open-stack.ts');
  return openStack(name);
}

/** The context of a real command line. */
export const cliContext: CliContext = {
  async openHome(options, mode = 'existing') {
    if (options.stack !== undefined) return openNamedStack(options.stack);
    if (mode === 'existing' && !existsSync(homeDir(options))) {
      throw new UsageError(
        `Home ${homeDir(options)}: there is none, expected one that demo, put or run made. Name another with --home, or begin with demo.`,
      );
    }
    const text = configTextOf(options);
    const home = await openHome(homeDir(options), { command: process.argv.slice(2).join(' ') });
    const deps = homeDeps(home, text);
    const config = async () => (await configInForce(deps)).config;
    const openRunner = ({ workers = defaultWorkers() }: RunnerOptions) => openLocalRunner(workers);
    return { deps, config, openRunner, close: () => home.close() };
  },
  async openDrops(options) {
    if (options.stack !== undefined) {
      const { deps, config } = await openNamedStack(options.stack);
      return { drops: deps.lake, config };
    }
    const configText = configTextOf(options);
    const lake = openObjectStore(pathToFileURL(resolve(homeDir(options), 'lake')).href);
    const { config } = await configInForce({ lake, configText, deployedConfigText: '' });
    return { drops: lake, config: async () => config };
  },
};
