import { lakeKeys } from '../keys.ts';
import { openNotifier } from '../store/notify.ts';
import { openObjectStore } from '../store/objects.ts';
import { openTable } from '../store/tables.ts';
import type { Owner, RunDeps } from './deps.ts';

/** Names by which a process reaches its stores. */
export interface Places {
  readonly LAKE_URL: string;
  readonly EXPORTS_URL: string;
  readonly PROFILES_TABLE: string;
  readonly TRANSITIONS_TABLE: string;
  readonly RUNS_TABLE: string;
  /** Text of a configuration file; '' when none was given. */
  readonly PERENNIAL_CONFIG: string;
  /** Text of the configuration that the stack was deployed with; '' on a laptop. */
  readonly DEPLOYED_CONFIG: string;
  readonly NOTIFY_TOPIC_ARN?: string | undefined;
  /** KMS key of what lies below `pii/` in the lake; a folder has none. */
  readonly PII_KEY_ARN?: string | undefined;
  readonly LEASE_SECONDS: number;
  /** `1` in a local home, which one process holds. */
  readonly EXCLUSIVE_HOME: string;
}

/** Opens what the use cases need. Nothing is asked of a store yet. */
export function openDeps(places: Places, owner: Owner, isDead: (pid: number) => boolean): RunDeps {
  const piiKey = places.PII_KEY_ARN ? { prefix: lakeKeys.piiPrefix, kmsKeyArn: places.PII_KEY_ARN } : undefined;
  return {
    lake: openObjectStore(places.LAKE_URL, piiKey),
    exports: openObjectStore(places.EXPORTS_URL),
    openStore: (url) => openObjectStore(url),
    profiles: openTable(places.PROFILES_TABLE),
    transitions: openTable(places.TRANSITIONS_TABLE),
    runs: openTable(places.RUNS_TABLE),
    notifier: openNotifier(places.NOTIFY_TOPIC_ARN),
    owner,
    now: Date.now,
    leaseMs: places.LEASE_SECONDS * 1000,
    isExclusive: places.EXCLUSIVE_HOME === '1',
    configText: places.PERENNIAL_CONFIG,
    deployedConfigText: places.DEPLOYED_CONFIG,
    isDead,
  };
}
