import type { PerennialConfig } from '../config/config.ts';
import { parseConfig } from '../config/load.ts';
import { lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import type { RunRequest } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';

/** A file of a drop, pinned by its content. */
export interface PinnedFile {
  /** Absolute URL. */
  readonly url: string;
  /** Key below the drops. */
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly knownOn: BusinessDate;
}

/** `runs/R/plan.json`: everything that a run reads, fixed before it begins. */
export interface RunPlan {
  readonly runId: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly generation: number;
  readonly configSha256: string;
  /** The committed run that this one goes on from. */
  readonly base: { readonly runId: string; readonly dt: BusinessDate } | null;
  readonly dropsUrl: string;
  readonly snapshots: RunRequest['snapshots'];
  readonly shards: number;
  readonly batches: readonly { readonly files: readonly PinnedFile[] }[];
  readonly publications: readonly { readonly segment: string; readonly destination: string }[];
  /** Files of the folders that were not taken, and why. */
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
}

/** Where the files of a drop's ledger lie, and what they came from: `ledger/known=D/run=R.json`. */
export interface LedgerList {
  readonly knownOn: BusinessDate;
  readonly sources: readonly LedgerSource[];
}

/** One file of a drop, as validated. */
export interface LedgerSource {
  readonly key: string;
  readonly sha256: string;
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  /** Ledger files by shard; shards without rows are left out. */
  readonly files: readonly { readonly shard: number; readonly key: string; readonly rows: number }[];
  /** Key of the quarantine file; '' when every row passed. */
  readonly quarantine: string;
}

/** The plan of a run. */
export function readPlan(deps: RunDeps, runId: string): Promise<RunPlan> {
  return readJson<RunPlan>(deps.lake, lakeKeys.plan(runId));
}

/** The configuration that a run was planned with. */
export async function readConfig(deps: RunDeps, sha256: string): Promise<PerennialConfig> {
  const key = lakeKeys.config(sha256);
  return parseConfig(await readJson(deps.lake, key), key);
}
