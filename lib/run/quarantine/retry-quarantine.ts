import { createHash } from 'node:crypto';
import type { PerennialConfig } from '../../config/config.ts';
import { formatOf } from '../../drop/file-format.ts';
import type { Feed } from '../../keys.ts';
import type { ObjectStore } from '../../store/objects.ts';
import type { BusinessDate } from '../../time.ts';
import type { QuarantineEntry } from './read-quarantine.ts';
import type { RetriedRows } from './read-retried.ts';
import { retryLine } from './retry-line.ts';
import { retryRefusal } from './retry-refusal.ts';

/** A file that was written again, or that was there. */
export interface RetriedFile {
  readonly feed: Feed;
  /** Key below the drops. */
  readonly key: string;
  readonly rows: number;
  readonly written: 'created' | 'same';
}

/** What came of a retry. */
export interface Retry {
  readonly files: readonly RetriedFile[];
  /** Rows that cannot be tried again, counted by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Where retried rows go, and how they are written. */
export interface RetryTarget {
  readonly drops: ObjectStore;
  /** The head: its folder is searched for late files by the next run. */
  readonly date: BusinessDate;
  readonly config: PerennialConfig;
  /** SHA-256 of the files that the committed chain took: the same content would not be taken again. */
  readonly known: ReadonlySet<string>;
  /** Rows that a run took back already: they are left out. */
  readonly retried?: RetriedRows;
}

/** Why rows that came back are left out. */
const RETRIED = 'a run took them back already';

/** The rows of one file to write. */
interface Group {
  readonly feed: Feed;
  readonly extension: 'csv' | 'jsonl';
  readonly header: string | undefined;
  /** Each row once, in the order in which they were refused. */
  readonly rows: Set<string>;
}

/**
 * Writes rows of the quarantine again as new files of the drop of `target.date`: the next run takes them as late files. The same rows
 * give the same files until a run took them.
 *
 * @throws ConfigError when the mapping cannot read what is to be written
 */
export async function retryQuarantine(entries: AsyncIterable<QuarantineEntry>, target: RetryTarget): Promise<Retry> {
  const groups = new Map<string, Group>();
  const refused: Record<string, number> = {};
  for await (const entry of entries) {
    const reason = target.retried?.has(entry) ? RETRIED : retryRefusal(entry, target.config.mapping[entry.feed].header);
    if (reason === undefined) addEntry(groups, entry, target.config);
    else refused[reason] = (refused[reason] ?? 0) + 1;
  }
  const files: RetriedFile[] = [];
  for (const group of groups.values()) {
    const { key, bytes } = fileOf(group, target);
    files.push({ feed: group.feed, key, rows: group.rows.size, written: await target.drops.create(key, bytes) });
  }
  return { files, refused };
}

function addEntry(groups: Map<string, Group>, entry: QuarantineEntry, config: PerennialConfig): void {
  const extension = entry.row && formatOf(entry.file)?.kind === 'csv' ? 'csv' : 'jsonl';
  const header = extension === 'csv' && config.mapping[entry.feed].header ? entry.row?.header : undefined;
  const name = JSON.stringify([entry.feed, extension, header]);
  const group = groups.get(name) ?? { feed: entry.feed, extension, header, rows: new Set<string>() };
  groups.set(name, group);
  group.rows.add(retryLine(entry, config));
}

function fileOf({ feed, extension, header, rows }: Group, { date, known }: RetryTarget): { key: string; bytes: Uint8Array } {
  let text = [...(header === undefined ? [] : [header]), ...rows].map((line) => `${line}\n`).join('');
  // What a run took before is known by content and would be passed over: blank lines are no rows, and make it new.
  while (known.has(sha256(text))) text += '\n';
  const key = `dt=${date}/${feed}/retry-${sha256(text).slice(0, 16)}.${extension}`;
  return { key, bytes: Buffer.from(text) };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
