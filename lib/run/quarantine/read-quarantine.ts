import { createHash } from 'node:crypto';
import type { RefusedFact } from '../../book/night-fold.ts';
import { CONFIDENTIAL_FEEDS } from '../../config/mapping.ts';
import type { QuarantinedRow } from '../../drop/row-rules.ts';
import { type Feed, lakeKeys } from '../../keys.ts';
import { type BusinessDate, datesBetween, dayOf } from '../../time.ts';
import { type CommittedErasures, readCommittedErasures } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import { feedOfKey } from '../drop-folder.ts';
import { ungzipLines } from '../gzip-lines.ts';
import { datesOfRuns, findLedgerLists } from '../ledger-lists.ts';
import type { LedgerSource } from '../plan.ts';
import type { RunRecord } from '../run-ledger.ts';
import { shardsOf } from '../transition-files.ts';
import { isErasedRecord } from './erased-record.ts';

/** A row of the quarantine, refused by itself or by the fold. */
export interface QuarantineEntry {
  /** Short name of the quarantine file. */
  readonly id: string;
  /** Key of the quarantine file below the lake. */
  readonly key: string;
  readonly knownOn: BusinessDate;
  readonly feed: Feed;
  /** The file of the drop, its line, and why the row was refused. */
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  /** The row as it was delivered, with the header of its file ('' without one); undefined for what only the fold could refuse. */
  readonly row: (QuarantinedRow & { readonly header?: string }) | undefined;
  /** The fact that the fold refused. */
  readonly fact: Readonly<Record<string, unknown>> | undefined;
  /** True for rows with personal data: of the customers and erasures feeds. */
  readonly isPersonal: boolean;
}

/** Which rows are wanted; what is left out does not matter. */
export interface QuarantineFilter {
  readonly from?: string;
  readonly to?: string;
  readonly rule?: string;
  /** Key of the drop's file, or the end of it. */
  readonly file?: string;
  readonly feed?: string;
  /** Id of a quarantine file. */
  readonly id?: string;
}

/** A quarantine file that a run names. */
interface QuarantineFile {
  readonly key: string;
  readonly knownOn: BusinessDate;
}

/** Short name of a quarantine file. */
const idOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 10);

/** The feed that a file of the drops belongs to, by its place. */
const feedOf = (file: string): Feed => feedOfKey(file) ?? 'transactions';

/** The files that runs took, with the night on which they became known; oldest run first. */
export async function* sourcesOf(
  deps: RunDeps,
  runs: readonly RunRecord[],
): AsyncGenerator<LedgerSource & { knownOn: BusinessDate }> {
  for (const run of runs.toReversed()) {
    // A run that died before the end of its ingestion has no lists.
    const lists = (await findLedgerLists(deps, datesOfRuns([run]))).filter((list) => list !== undefined);
    for (const { knownOn, sources } of lists) for (const source of sources) yield { ...source, knownOn };
  }
}

/**
 * The rows of the quarantine that runs name, night by night: what a row alone showed, then what only the fold could see. Rows of
 * customers whose erasure is committed are left out, though the files hold them until `compact`.
 *
 * @param runs newest first: a chain, or a single run
 */
export async function* readQuarantine(
  deps: RunDeps,
  runs: readonly RunRecord[],
  filter: QuarantineFilter,
): AsyncGenerator<QuarantineEntry> {
  const seen = new Set<string>();
  const erased = await readCommittedErasures(deps);
  for (const run of runs.toReversed()) {
    for await (const file of filesOf(deps, run, filter)) {
      if (seen.has(file.key)) continue;
      seen.add(file.key);
      for await (const entry of entriesOf(deps, file, erased)) if (isWanted(entry, filter)) yield entry;
    }
  }
}

async function* filesOf(deps: RunDeps, run: RunRecord, { from, to, id }: QuarantineFilter): AsyncGenerator<QuarantineFile> {
  const isDated = (date: BusinessDate) => (from === undefined || date >= from) && (to === undefined || date <= to);
  const shards = await shardsOf(deps, run);
  for await (const { quarantine, knownOn } of sourcesOf(deps, [run])) {
    if (quarantine !== '' && isDated(knownOn) && (id === undefined || idOf(quarantine) === id))
      yield { key: quarantine, knownOn };
  }
  for (const knownOn of datesBetween(run.from, run.to).filter(isDated)) {
    for (const shard of shards) {
      const key = lakeKeys.quarantineShard(knownOn, run.runId, shard);
      if ((id === undefined || idOf(key) === id) && (await deps.lake.stat(key))) yield { key, knownOn };
    }
  }
}

async function* entriesOf(
  deps: RunDeps,
  { key, knownOn }: QuarantineFile,
  erased: CommittedErasures,
): AsyncGenerator<QuarantineEntry> {
  const id = idOf(key);
  const knownDay = dayOf(knownOn);
  for (const row of ungzipLines<QuarantinedRow | RefusedFact>(await deps.lake.read(key))) {
    if (isErasedRecord(row, knownDay, erased)) continue;
    const { file, line, rule, message } = row;
    const feed = feedOf(file);
    const isPersonal = CONFIDENTIAL_FEEDS.includes(feed);
    const found = 'fact' in row ? { row: undefined, fact: row.fact } : { row, fact: undefined };
    yield { id, key, knownOn, feed, file, line, rule, message, isPersonal, ...found };
  }
}

function isWanted(entry: QuarantineEntry, { rule, file, feed }: QuarantineFilter): boolean {
  if (rule !== undefined && entry.rule !== rule) return false;
  if (feed !== undefined && entry.feed !== feed) return false;
  return file === undefined || entry.file === file || entry.file.endsWith(`/${file}`);
}
