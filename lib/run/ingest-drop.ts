import { createHash } from 'node:crypto';
import type { PerennialConfig } from '../config/config.ts';
import { hashJson } from '../config/load.ts';
import { CONFIDENTIAL_FEEDS } from '../config/mapping.ts';
import { headerText } from '../drop/feeds/header-text.ts';
import type { DropSource } from '../drop/open-records.ts';
import type { QuarantinedRow } from '../drop/row-rules.ts';
import { InvalidDropError } from '../errors.ts';
import { type Feed, lakeKeys } from '../keys.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import type { ObjectStore } from '../store/objects.ts';
import { createOrRestore } from './compact/create-or-restore.ts';
import type { BatchTask, Counts } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { assertPromisedRows } from './drop-manifest.ts';
import { gzipLines } from './gzip-lines.ts';
import type { IngestFeed } from './ingest/feed-job.ts';
import { ingestCustomers } from './ingest/ingest-customers.ts';
import { ingestErasures } from './ingest/ingest-erasures.ts';
import { ingestInteractions } from './ingest/ingest-interactions.ts';
import { ingestRates } from './ingest/ingest-rates.ts';
import { ingestTransactions } from './ingest/ingest-transactions.ts';
import { type LedgerSource, type PinnedFile, type RunPlan, readConfig, readPlan } from './plan.ts';
import { rootOf } from './rebuild/drops-again.ts';
import { ingestFacts } from './rebuild/ingest-facts.ts';
import { findReceipt, type IngestReceipt, writeReceipt } from './receipts.ts';

/** What takes the files of each feed. */
const INGEST: Readonly<Record<Feed, IngestFeed>> = {
  transactions: ingestTransactions,
  interactions: ingestInteractions,
  customers: ingestCustomers,
  rates: ingestRates,
  erasures: ingestErasures,
};

/** Files up to 1 MiB wait for the store more than they are worked on: a range of a year has hundreds of them. */
const SMALL_FILE_BYTES = 1_048_576;
const SMALL_FILES_AT_ONCE = 4;

/**
 * Takes the files of a batch: every row goes to the ledger of its feed, or to the quarantine with file, line, rule and raw row.
 *
 * The same file gives the same bytes under the same keys. @throws InvalidDropError for a file that cannot be read as promised
 */
export async function ingestDrop(task: BatchTask, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const item = itemKey('ingest-drop', task);
  const done = await findReceipt(deps, task.runId, 'ingest-drop', item);
  if (done) return countRows(done);
  const plan = await readPlan(deps, task.runId);
  const config = await readConfig(deps, plan.configSha256);
  const files = plan.batches[task.batch]?.files ?? [];
  const taken = new Map<PinnedFile, IngestReceipt['sources'][number]>();
  const take = async (file: PinnedFile) => {
    signal.throwIfAborted();
    const source = file.ledgerList ? await ingestFacts(file, plan, deps) : await ingestFile(file, plan, config, deps);
    taken.set(file, { ...source, sha256: file.knownAs ?? source.sha256, knownOn: file.knownOn });
  };
  const isSmall = ({ sizeBytes }: PinnedFile) => sizeBytes <= SMALL_FILE_BYTES;
  await eachConcurrently(files.filter(isSmall), SMALL_FILES_AT_ONCE, take);
  for (const file of files) if (!isSmall(file)) await take(file);
  const sources = files.map((file) => taken.get(file) as IngestReceipt['sources'][number]);
  const receipt = { sources };
  await writeReceipt(deps, task.runId, 'ingest-drop', item, receipt);
  return countRows(receipt);
}

function countRows({ sources }: IngestReceipt): Counts {
  const sum = (name: 'rows' | 'accepted' | 'malformed' | 'policy') => sources.reduce((total, source) => total + source[name], 0);
  return {
    files: sources.length,
    rows: sum('rows'),
    accepted: sum('accepted'),
    malformed: sum('malformed'),
    policy: sum('policy'),
  };
}

async function ingestFile(file: PinnedFile, plan: RunPlan, config: PerennialConfig, deps: RunDeps): Promise<LedgerSource> {
  const { feed, key, sha256, knownOn } = file;
  const drops = deps.openStore(rootOf(file));
  const pinned = new PinnedSource(drops, file);
  const { timeZone, currency, shards } = config;
  const mapping = config.mapping[feed];
  // Another generation may be read by other code, and quarantine lies beside all of them.
  const generation = plan.generation === 1 ? undefined : plan.generation;
  const name = hashJson({ file: sha256, key, feed, mapping, timeZone, currency, shards, generation }).slice(0, 32);
  const refused: QuarantinedRow[] = [];
  const sink = { quarantine: (row: QuarantinedRow) => void refused.push(row) };
  const assertUnchanged = () => pinned.assertUnchanged();
  const job = { file, source: pinned, config, generation: plan.generation, name, deps, assertUnchanged, sink };
  const { write, facts, rows, accepted, malformed, policy } = await INGEST[feed](job);
  await pinned.assertUnchanged();
  assertPromisedRows(key, drops.url, rows, file.promisedRows);
  const written = await write();
  const rules: Record<string, number> = {};
  for (const { rule } of refused) rules[rule] = (rules[rule] ?? 0) + 1;
  const quarantine = refused.length === 0 ? '' : quarantineKey(feed, knownOn, name);
  if (quarantine !== '') {
    const header = await headerText(pinned, mapping);
    const rows = refused.map((row) => ({ feed, ...row, ...(header !== '' && { header }) }));
    await createOrRestore(deps.lake, quarantine, gzipLines(rows));
  }
  return { feed, key, sha256, rows, accepted, malformed, policy, ...written, quarantine, facts: { ...facts, rules } };
}

const quarantineKey = (feed: Feed, knownOn: PinnedFile['knownOn'], name: string) =>
  CONFIDENTIAL_FEEDS.includes(feed) ? lakeKeys.identifierQuarantine(knownOn, name) : lakeKeys.quarantineFile(knownOn, name);

/** A pinned file as the readers take it, watched for a change of its content. */
class PinnedSource implements DropSource {
  readonly name: string;
  readonly size: number;
  readonly #drops: ObjectStore;
  readonly #file: PinnedFile;
  /** Hash of the last stream that was read to its end. */
  #sha256: string | undefined;

  constructor(drops: ObjectStore, file: PinnedFile) {
    this.name = file.key;
    this.size = file.sizeBytes;
    this.#drops = drops;
    this.#file = file;
  }

  async *stream(): AsyncIterable<Uint8Array> {
    const hash = createHash('sha256');
    for await (const chunk of this.#drops.stream(this.#file.key)) {
      hash.update(chunk);
      yield chunk;
    }
    this.#sha256 = hash.digest('hex');
  }

  readRange(start: number, end: number): Promise<Uint8Array> {
    return this.#drops.readRange(this.#file.key, start, end);
  }

  /** @throws InvalidDropError when the content is another one than was pinned */
  async assertUnchanged(): Promise<void> {
    if (this.#sha256 === undefined) {
      // read by ranges, or not to its end: the same tag means the same content, for another one the content is looked at
      const info = await this.#drops.stat(this.#file.key);
      if (info?.etag === this.#file.etag) return;
      for await (const _ of this.stream());
    }
    if (this.#sha256 === this.#file.sha256) return;
    throw new InvalidDropError(
      `Drop file ${this.#file.url}: changed since it was pinned, expected the same content until the run ends. Run again to take the new content.`,
    );
  }
}
