import { hostname } from 'node:os';
import { configInForce } from '../../lib/run/config-in-force.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { openDeps } from '../../lib/run/open-deps.ts';
import { describeStack, readDeployedConfig, type StackPlaces } from '../../lib/store/stack.ts';
import type { OpenHome } from '../context.ts';
import { openExecutionRunner } from './execution-runner.ts';

/** Seconds for which a lease lives that a command takes itself: as long as the functions' own. */
const LEASE_SECONDS = 1200;

/**
 * A deployed stack in the place of a home: the same use cases on its buckets and tables, with the credentials of whoever asks.
 *
 * @throws UsageError, ConfigError of `describeStack`
 */
export async function openStack(name: string): Promise<OpenHome> {
  const [places, deployed] = await Promise.all([describeStack(name), deployedConfig(name)]);
  const deps = stackDeps(places, deployed);
  return {
    deps,
    config: async () => (await configInForce(deps)).config,
    openRunner: async ({ wait = true }) => openExecutionRunner({ places, deps }, wait),
    close: async () => undefined,
  };
}

/** The text when it is asked for: who may not read the template can do without it in most commands. */
function deployedConfig(name: string): Promise<() => string> {
  return readDeployedConfig(name).then(
    (text) => () => text,
    (error: unknown) => () => {
      throw error;
    },
  );
}

function stackDeps(places: StackPlaces, deployed: () => string): RunDeps {
  const owner = { host: hostname(), pid: process.pid, command: process.argv.slice(2).join(' ') };
  const deps = openDeps(
    {
      LAKE_URL: `s3://${places.lakeBucket}`,
      EXPORTS_URL: `s3://${places.exportsBucket}`,
      PROFILES_TABLE: places.profilesTable,
      TRANSITIONS_TABLE: places.transitionsTable,
      RUNS_TABLE: places.runsTable,
      PERENNIAL_CONFIG: '',
      DEPLOYED_CONFIG: '',
      NOTIFY_TOPIC_ARN: places.noticesTopicArn,
      PII_KEY_ARN: places.piiKeyArn,
      LEASE_SECONDS,
      EXCLUSIVE_HOME: '',
    },
    owner,
    // Nobody here can tell whether a process of another computer, or a function, is gone: its lease runs out.
    () => false,
  );
  return {
    ...deps,
    get deployedConfigText() {
      return deployed();
    },
  };
}
