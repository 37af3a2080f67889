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
  readonly PERENNIAL_CONFIG: string;
  readonly NOTIFY_TOPIC_ARN?: string | undefined;
  readonly LEASE_SECONDS: number;
  /** `1` in a local home, which one process holds. */
  readonly EXCLUSIVE_HOME: string;
}

/** Opens what the use cases need. Nothing is asked of a store yet. */
export function openDeps(places: Places, owner: Owner, isDead: (pid: number) => boolean): RunDeps {
  return {
    lake: openObjectStore(places.LAKE_URL),
    exports: openObjectStore(places.EXPORTS_URL),
    openStore: openObjectStore,
    profiles: openTable(places.PROFILES_TABLE),
    transitions: openTable(places.TRANSITIONS_TABLE),
    runs: openTable(places.RUNS_TABLE),
    notifier: openNotifier(places.NOTIFY_TOPIC_ARN),
    owner,
    now: Date.now,
    leaseMs: places.LEASE_SECONDS * 1000,
    isExclusive: places.EXCLUSIVE_HOME === '1',
    configText: places.PERENNIAL_CONFIG,
    isDead,
  };
}
