import type { MapStep } from '../keys.ts';
import type { Notifier } from '../store/notify.ts';
import type { ObjectStore } from '../store/objects.ts';
import type { Table } from '../store/tables.ts';

/** Who acts: for the lease. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly command: string;
}

/** Everything that a use case reaches the world through. */
export interface RunDeps {
  readonly lake: ObjectStore;
  readonly exports: ObjectStore;
  /** Opens another store by URL: the drops of `--data`. */
  readonly openStore: (url: string) => ObjectStore;
  readonly profiles: Table;
  readonly transitions: Table;
  readonly runs: Table;
  readonly notifier: Notifier;
  readonly owner: Owner;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly now: () => number;
  /** How long a lease lives without renewal. */
  readonly leaseMs: number;
  /** Text of the configuration that was given as a file; '' when none was. */
  readonly configText: string;
  /** Text of the configuration that the stack was deployed with; '' on a laptop. */
  readonly deployedConfigText: string;
  /** True where one process alone can reach the tables, as in a local home: a late writer is ruled out, so writes need no guard. */
  readonly isExclusive: boolean;
  /** True when a process of this host is gone. */
  readonly isDead: (pid: number) => boolean;
}

/** Key of an item of a Map: what receipts and recorded errors are filed under. */
export function itemKey(step: MapStep, task: { batch?: number; shard?: number; segment?: string; destination?: string }): string {
  if (step === 'ingest-drop') return `batch=${task.batch}`;
  if (step === 'publish-segments') return `segment=${task.segment}.destination=${task.destination}`;
  return `shard=${task.shard}`;
}
