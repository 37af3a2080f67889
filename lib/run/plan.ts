import type { PerennialConfig } from '../config/config.ts';
import { parseConfig } from '../config/load.ts';
import { type Feed, lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import type { RunRequest } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import type { RunRecord } from './run-ledger.ts';

/** A file of a drop, pinned by its content. */
export interface PinnedFile {
  readonly feed: Feed;
  /** Absolute URL. */
  readonly url: string;
  /** Key below the drops. */
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly knownOn: BusinessDate;
  /** Rows that the manifest of the drop promises; null when it does not. */
  readonly promisedRows: number | null;
  /** Of a rebuild: key of the former generation's ledger list that names the source whose facts are taken, instead of the file. */
  readonly ledgerList?: string;
  /** Of a rebuild: the hash of the content that was taken first, where `compact` has rewritten the file since. */
  readonly knownAs?: string;
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
  /** Of a rebuild, which goes on from nothing: the committed run whose place it takes. */
  readonly replaces?: { readonly runId: string; readonly dt: BusinessDate };
  /** The publication whose held out members are compared with the others; left out when there is none. */
  readonly outcomeOf?: OutcomeBase;
  readonly dropsUrl: string;
  readonly snapshots: RunRequest['snapshots'];
  readonly shards: number;
  readonly batches: readonly { readonly files: readonly PinnedFile[] }[];
  readonly publications: readonly { readonly segment: string; readonly destination: string }[];
  /** Files and folders that were not taken, and why; at most `MAX_REMARKS` of them. */
  readonly skipped: readonly Remark[];
  /** What is odd about files that were taken; at most `MAX_REMARKS`. */
  readonly notes: readonly Remark[];
  /** Remarks of either kind that found no room. */
  readonly unlisted: number;
}

/** A publication of which it is asked what became of its members since. */
export interface OutcomeBase {
  readonly runId: string;
  readonly dt: BusinessDate;
  /** Ids of the segments that have held out the same share ever since. */
  readonly segments: readonly string[];
}

/** Something worth telling about a file or folder of the drops. */
export interface Remark {
  readonly key: string;
  readonly reason: string;
}

/** Remarks of a kind that a plan lists at most. */
export const MAX_REMARKS = 200;

/** Where the files of a drop's ledger lie, and what they came from: `ledger/known=D/run=R.json`. */
export interface LedgerList {
  readonly knownOn: BusinessDate;
  readonly sources: readonly LedgerSource[];
}

/** A ledger file of one shard. */
export interface ShardFile {
  readonly shard: number;
  readonly key: string;
  readonly rows: number;
}

/** One file of a drop, as validated. */
export interface LedgerSource {
  readonly feed: Feed;
  readonly key: string;
  readonly sha256: string;
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  /** Ledger files by shard; shards without rows are left out. Empty for feeds that belong to no shard. */
  readonly files: readonly ShardFile[];
  /** Identifier ledgers below `pii/`, row for row with `files`; of the customers feed alone. */
  readonly identifiers: readonly ShardFile[];
  /** Key of the one ledger file of a feed that belongs to no shard (rates, erasures); '' otherwise, and without rows. */
  readonly shared: string;
  /** Key of the quarantine file; '' when every row passed. */
  readonly quarantine: string;
  readonly facts: SourceFacts;
}

/** What the checks of data quality need to know of a file. */
export interface SourceFacts {
  /** Accepted rows whose business day is before the date of the file's folder, and after it; 0 for feeds without events. */
  readonly late: number;
  readonly future: number;
  /** Newest business day of an accepted row, of rates their newest date; '' without one, and for feeds without events. */
  readonly newestDay: BusinessDate | '';
  /** Accepted rows without a value, by optional column. */
  readonly empty: Readonly<Record<string, number>>;
  /** Refused rows by rule. */
  readonly rules: Readonly<Record<string, number>>;
}

/** What a source of the first version, which knew the transactions alone, does not tell. */
const FIRST_VERSION: Pick<LedgerSource, 'feed' | 'identifiers' | 'shared' | 'facts'> = {
  feed: 'transactions',
  identifiers: [],
  shared: '',
  facts: { late: 0, future: 0, newestDay: '', empty: {}, rules: {} },
};

/** Fills what ledger lists of the first version did not have. */
export function completeLedgerList(list: LedgerList): LedgerList {
  return { ...list, sources: list.sources.map((source) => ({ ...FIRST_VERSION, ...source })) };
}

/** What a plan is made from, of the record of its run. */
export type RunFrame = Pick<
  RunRecord,
  'runId' | 'from' | 'to' | 'generation' | 'baseRunId' | 'configSha256' | 'dropsUrl' | 'snapshots'
>;

/** What a plan takes over from the record of its run and from the configuration. @param dropsUrl absolute */
export function planFrame(
  { runId, from, to, generation, configSha256, snapshots }: RunFrame,
  { shards, segments, destinations }: PerennialConfig,
  dropsUrl: string,
): Omit<RunPlan, 'base' | 'replaces' | 'outcomeOf' | 'batches' | 'skipped' | 'notes' | 'unlisted'> {
  const publications = segments.flatMap(({ id: segment }) =>
    destinations.map(({ id: destination }) => ({ segment, destination })),
  );
  return { runId, from, to, generation, configSha256, dropsUrl, snapshots, shards, publications };
}

/** The plan of a run. */
export function readPlan({ lake }: Pick<RunDeps, 'lake'>, runId: string): Promise<RunPlan> {
  return readJson<RunPlan>(lake, lakeKeys.plan(runId));
}

/** Checked configurations of a lake by the hash of their content: a process reads the same few again and again. */
const configs = new WeakMap<RunDeps['lake'], Map<string, PerennialConfig>>();

/** The configuration that a run was planned with. */
export async function readConfig(deps: RunDeps, sha256: string): Promise<PerennialConfig> {
  const key = lakeKeys.config(sha256);
  const known = configs.get(deps.lake) ?? new Map<string, PerennialConfig>();
  const config = known.get(sha256) ?? parseConfig(await readJson(deps.lake, key), key);
  configs.set(deps.lake, known.set(sha256, config));
  return config;
}
