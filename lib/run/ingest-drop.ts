import { createHash } from 'node:crypto';
import type { PerennialConfig } from '../config/config.ts';
import { hashJson } from '../config/load.ts';
import { openDropChunks } from '../drop/decompress.ts';
import { readTransactions } from '../drop/read-transactions.ts';
import type { QuarantinedRow } from '../drop/row-rules.ts';
import { InvalidDropError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { shardOf } from '../ledger/id-hash.ts';
import { encodeLedger } from '../ledger/ledger-file.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import type { ObjectStore } from '../store/objects.ts';
import { businessClock } from '../time.ts';
import type { BatchTask, Counts } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { gzipLines } from './gzip-lines.ts';
import { type LedgerSource, type PinnedFile, type RunPlan, readConfig, readPlan } from './plan.ts';
import { findReceipt, type IngestReceipt, writeReceipt } from './receipts.ts';

/** Ledger files of one drop file that are written together. */
const WRITES_AT_ONCE = 8;

/**
 * Takes the files of a batch: every row goes to the ledger of its shard, or to the quarantine with file, line, rule and raw row.
 *
 * The same file gives the same bytes under the same keys. @throws InvalidDropError for a file that cannot be read as promised
 */
export async function ingestDrop(task: BatchTask, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const item = itemKey('ingest-drop', task);
  const done = await findReceipt(deps, task.runId, 'ingest-drop', item);
  if (done) return countRows(done);
  const plan = await readPlan(deps, task.runId);
  const config = await readConfig(deps, plan.configSha256);
  const drops = deps.openStore(plan.dropsUrl);
  const sources: IngestReceipt['sources'][number][] = [];
  for (const file of plan.batches[task.batch]?.files ?? []) {
    signal.throwIfAborted();
    sources.push({ ...(await ingestFile(file, drops, plan, config, deps)), knownOn: file.knownOn });
  }
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

/** Bytes of a short row: most files have longer ones, so that the room made at first suffices. */
const ROW_BYTES = 56;

async function ingestFile(
  file: PinnedFile,
  drops: ObjectStore,
  plan: RunPlan,
  config: PerennialConfig,
  deps: RunDeps,
): Promise<LedgerSource> {
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const chunk of drops.stream(file.key)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const refused: QuarantinedRow[] = [];
  const read = await readTransactions(
    openDropChunks(file.key, hashed()),
    {
      mapping: config.mapping.transactions,
      currency: config.currency,
      timeZoneClock: businessClock(config.timeZone),
      shards: config.shards,
      expectedRows: file.sizeBytes / ROW_BYTES / config.shards,
      shardOf: (bytes, start, end) => shardOf(bytes, start, end, config.shards),
      file: file.key,
    },
    { quarantine: (row) => refused.push(row) },
  );
  if (hash.digest('hex') !== file.sha256) {
    throw new InvalidDropError(
      `Drop file ${file.url}: changed since it was pinned, expected the same content until the run ends. Run again to take the new content.`,
    );
  }
  const { mapping, timeZone, currency, shards } = config;
  const name = hashJson({ file: file.sha256, key: file.key, mapping, timeZone, currency, shards }).slice(0, 32);
  const files: LedgerSource['files'][number][] = [];
  await eachConcurrently(read.shards.entries(), WRITES_AT_ONCE, async ([shard, rows]) => {
    if (rows.rows === 0) return;
    const key = lakeKeys.ledgerFile(plan.generation, file.knownOn, shard, name);
    await deps.lake.create(key, encodeLedger(rows, file.key, currency));
    files.push({ shard, key, rows: rows.rows });
  });
  files.sort((a, b) => a.shard - b.shard);
  const quarantine = refused.length === 0 ? '' : lakeKeys.quarantineFile(file.knownOn, name);
  if (quarantine !== '') await deps.lake.create(quarantine, gzipLines(refused));
  const { rows, accepted, malformed, policy } = read;
  return { key: file.key, sha256: file.sha256, rows, accepted, malformed, policy, files, quarantine };
}
