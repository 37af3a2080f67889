import type { ShardBook } from '../book/shard-book.ts';
import type { PerennialConfig } from '../config/config.ts';
import { canonicalJson, configHash } from '../config/load.ts';
import { DataQualityGateError, DropNotReadyError, InvalidDropError, InvariantBrokenError, UsageError } from '../errors.ts';
import { type Feed, lakeKeys } from '../keys.ts';
import type { ObjectStore } from '../store/objects.ts';
import type { Table } from '../store/tables.ts';
import { type BusinessDate, datesBetween, formatRange } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { dateOfFolder, findMarker } from './drop-folder.ts';
import { firstRefused } from './first-refused.ts';
import { ingestDrop } from './ingest-drop.ts';
import { createJson } from './json-objects.ts';
import { type FoldWatch, foldSpan } from './known-books.ts';
import { type Remark, type RunFrame, type RunPlan, readConfig } from './plan.ts';
import { makePlan } from './plan-run.ts';
import { breachesOf } from './quality/held-message.ts';
import { settleFindings } from './quality/judge-date.ts';
import { quarantineShare } from './quality/quarantine-share.ts';
import { rowsOf } from './quality/read-inputs.ts';
import { type IngestReceipt, readReceipts } from './receipts.ts';
import { requireComplete } from './require-complete.ts';
import { spanOf } from './shard-input.ts';
import { sumOf } from './sum.ts';

/** Name of the one run of a scratch lake. */
const RUN_ID = 'scratch';

/** Feeds that decide what buyers bought. Of the others nothing is read: identifiers of persons are not copied for a fit. */
const READ_FEEDS: readonly Feed[] = ['transactions', 'rates', 'erasures'];

/** Drops that are read without a home. */
export interface DropDates {
  /** The first date that has a folder. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** Dates between the first and the last drop that have no folder: taken as days without sales. */
  readonly missing: readonly BusinessDate[];
  /** Shards that do for so much: what they tell together does not depend on their number. */
  readonly shards: number;
}

/** Bytes of files that a shard takes: 2 million rows as CSV, some 10 million where they are packed, as many as an index may hold. */
const SHARD_BYTES = 128 * 1024 * 1024;

/**
 * The dates to read for what is known on a date, each with its marker. Unlike a run, which must not pass over a day that is only
 * late, a folder with days missing in between is taken: these are told.
 *
 * @param date left out: the newest that has a folder
 * @throws UsageError for a folder without drops, and for a date before or after all of them
 * @throws DropNotReadyError for a date with files and no marker
 */
export async function settleDropDates(drops: ObjectStore, date: BusinessDate | undefined): Promise<DropDates> {
  const sizes = await sizesOfDrops(drops);
  const dates = [...sizes.keys()].sort();
  const [from, newest] = [dates[0], dates.at(-1)];
  if (from === undefined || newest === undefined) {
    throw new UsageError(
      `Drops ${drops.url}: none found, expected folders dt=YYYY-MM-DD. Name the folder that holds them; \`import\` makes them of other files.`,
    );
  }
  const to = date ?? newest;
  if (to < from || to > newest) {
    throw new UsageError(
      `Date ${to}: no drop of it in ${drops.url}, expected ${formatRange(from, newest)}. Choose another date, or deliver its drop.`,
    );
  }
  const missing: BusinessDate[] = [];
  let bytes = 0;
  for (const dt of datesBetween(from, to)) {
    const size = sizes.get(dt);
    bytes += size ?? 0;
    if (size === undefined) missing.push(dt);
    else await refuseUnready(drops, dt);
  }
  return { from, to, missing, shards: Math.ceil((bytes + 1) / SHARD_BYTES) };
}

/** Bytes of the files of each date that has a folder. */
async function sizesOfDrops(drops: ObjectStore): Promise<Map<BusinessDate, number>> {
  const sizes = new Map<BusinessDate, number>();
  for await (const { key, size } of drops.list('')) {
    const date = key.includes('/') ? dateOfFolder(key.split('/')[0] as string) : undefined;
    if (date !== undefined) sizes.set(date, (sizes.get(date) ?? 0) + size);
  }
  return sizes;
}

async function refuseUnready(drops: ObjectStore, dt: BusinessDate): Promise<void> {
  const { ready, problem } = await findMarker(drops, dt);
  if (!ready) throw new DropNotReadyError(problem);
}

/** What is asked of a scratch lake. */
export interface ScratchRequest extends DropDates {
  readonly dropsUrl: string;
  readonly config: PerennialConfig;
}

/** Drops that were read into a scratch lake. */
export interface ScratchLedger {
  readonly plan: RunPlan;
  readonly sources: IngestReceipt['sources'];
}

/** What use cases reach a lake of its own and the drops through; there is no run ledger, and nothing is projected. */
export function scratchDeps(lake: ObjectStore, openStore: RunDeps['openStore']): RunDeps {
  return {
    lake,
    exports: lake,
    openStore,
    profiles: noTable('profiles'),
    transitions: noTable('transitions'),
    runs: noTable('runs'),
    notifier: { notify: () => Promise.resolve() },
    owner: { host: '', pid: 0, command: '' },
    now: () => 0,
    leaseMs: 0,
    configText: '',
    deployedConfigText: '',
    isExclusive: true,
    isDead: () => true,
  };
}

function noTable(name: string): Table {
  const refuse = (): never => {
    throw new InvariantBrokenError(`Table ${name}: asked for in a scratch lake, expected that nothing needs it.`);
  };
  return { name, get: refuse, put: refuse, update: refuse, remove: refuse, query: refuse, scan: refuse, writeBatch: refuse };
}

/** How the reading of drops is watched and ended. */
export interface TakeWatch {
  readonly signal: AbortSignal;
  /** Called after each batch of files. */
  readonly onBatch: (done: number, of: number) => void;
}

/**
 * Reads drops into the ledger of a scratch lake by the steps that a run takes: plan, files into the ledger, ledger lists.
 *
 * @throws InvalidDropError, ConfigError as a run
 * @throws DataQualityGateError when more rows could not be read than the configuration allows
 */
export async function takeDrops(
  deps: RunDeps,
  { from, to, dropsUrl, shards, config: given }: ScratchRequest,
  { signal, onBatch }: TakeWatch,
): Promise<ScratchLedger> {
  const config = { ...given, shards };
  const configSha256 = configHash(config);
  await deps.lake.create(lakeKeys.config(configSha256), new TextEncoder().encode(canonicalJson(config)));
  const of = { runId: RUN_ID, generation: 1, baseRunId: '', snapshots: 'last' } as const;
  const frame: RunFrame = { ...of, from, to, configSha256, dropsUrl };
  const planned = await makePlan(frame, deps);
  const batches = planned.batches
    .map(({ files }) => ({ files: files.filter(({ feed }) => READ_FEEDS.includes(feed)) }))
    .filter(({ files }) => files.length > 0);
  const plan: RunPlan = { ...planned, batches };
  await createJson(deps.lake, lakeKeys.plan(RUN_ID), plan);
  const run = { runId: RUN_ID, runSeq: 0 };
  for (const batch of batches.keys()) {
    await ingestDrop({ ...run, batch }, deps, signal);
    onBatch(batch + 1, batches.length);
  }
  await requireComplete({ ...run, step: 'ingest-drop' }, deps);
  const sources = (await readReceipts(deps, plan, 'ingest-drop')).flatMap((receipt) => receipt.sources);
  await refuseUnreadable(deps, plan, sources, config);
  return { plan, sources };
}

/** As verify-run refuses a run of them. */
async function refuseUnreadable(
  deps: RunDeps,
  plan: RunPlan,
  sources: ScratchLedger['sources'],
  { gates }: PerennialConfig,
): Promise<void> {
  const { rows, malformed } = rowsOf(sources);
  const dates = formatRange(plan.from, plan.to);
  if (rows > 0 && sources.every(({ accepted }) => accepted === 0)) {
    const example = await firstRefused(deps, plan, sources, ['malformed', 'policy']);
    throw new InvalidDropError(
      `Drop ${dates}: none of ${rows} rows was accepted, expected some.${example} Correct the rows or the configuration, then ask again.`,
    );
  }
  const [breach] = breachesOf(settleFindings([quarantineShare(null, { rows, malformed }, gates)], gates, []));
  if (!breach) return;
  const example = await firstRefused(deps, plan, sources, ['malformed']);
  throw new DataQualityGateError(
    `Drop ${dates}: ${breach.observed} could not be read, expected ${breach.expected} ("gates.maxMalformedShare").${example} Correct the rows or the configuration, then ask again.`,
  );
}

/** What a person is told of rows and files that were not taken; `first` is a sentence about one of them. */
export interface LeftOut {
  /** Rows that a file alone shows to be wrong. */
  readonly refused: number;
  readonly rows: number;
  readonly first: string;
  /** Files and folders of the dates read that were not. */
  readonly remarks: readonly Remark[];
}

/** What of the drops was not taken. */
export async function leftOutOf(deps: RunDeps, { plan, sources }: ScratchLedger): Promise<LeftOut> {
  const isLater = ({ key }: Remark) => key.startsWith('dt=') && key.slice(3, 13) > plan.to;
  return {
    refused: sumOf(sources, ({ malformed, policy }) => malformed + policy),
    rows: sumOf(sources, ({ rows }) => rows),
    first: await firstRefused(deps, plan, sources, ['malformed', 'policy']),
    remarks: plan.skipped.filter((remark) => !isLater(remark)),
  };
}

/** The book of each shard of a scratch lake, folded in memory, one after another. */
export async function* scratchBooks(deps: RunDeps, { plan }: ScratchLedger, watch: FoldWatch): AsyncGenerator<ShardBook> {
  const config = await readConfig(deps, plan.configSha256);
  for (let shard = 0; shard < plan.shards; shard++) {
    yield await foldSpan(deps, { span: spanOf(plan), shard, configOf: () => config }, watch);
  }
}
