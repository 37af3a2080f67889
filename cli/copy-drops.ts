import { createHash } from 'node:crypto';
import { InvalidDropError, InvariantBrokenError } from '../lib/errors.ts';
import { lakeKeys } from '../lib/keys.ts';
import type { ObjectStore } from '../lib/store/objects.ts';

/** A content of a drop file that a compaction rewrote in the lake. */
export interface CompactedContent {
  /** Key below the drops. */
  readonly key: string;
  /** SHA-256 before. */
  readonly before: string;
  /** Id of the compaction. */
  readonly compaction: string;
}

/** Where drops are copied to, and how. */
export interface CopyTarget {
  /** The lake. */
  readonly lake: ObjectStore;
  readonly mayReplace: boolean;
  readonly compacted: readonly CompactedContent[];
  /** What the error says of `--replace`: the command to paste. */
  readonly replaceCommand: string;
}

/**
 * Copies a file of the drops into the lake.
 *
 * @returns what became of it; the compaction that rewrote this very content, which is then left as it is in the lake
 * @throws InvalidDropError when the lake holds other content under the key and it is not to be replaced
 */
export async function copyDrop(
  source: ObjectStore,
  key: string,
  { lake, mayReplace, compacted, replaceCommand }: CopyTarget,
): Promise<'created' | 'replaced' | 'same' | { readonly compaction: string }> {
  const bytes = await source.read(key);
  const target = `${lakeKeys.dropsPrefix}/${key}`;
  const rewritten = compacted.filter((entry) => entry.key === key);
  const sha256 = rewritten.length === 0 ? '' : createHash('sha256').update(bytes).digest('hex');
  const known = rewritten.find(({ before }) => before === sha256);
  if (known && (await lake.stat(target))) return { compaction: known.compaction };
  try {
    return await lake.create(target, bytes);
  } catch (cause) {
    if (!(cause instanceof InvariantBrokenError)) throw cause;
    if (!mayReplace) {
      throw new InvalidDropError(
        `Drop file ${key}: other content than the one in the lake, expected the same. To put the corrected file in its place: ${replaceCommand}; or give it another name.`,
        { cause },
      );
    }
    await lake.replace(target, bytes, (await lake.stat(target))?.etag ?? null);
    return 'replaced';
  }
}

/** Names that commands of ours write into the lake beside what a source delivers. */
const OWN_FILES = /\/(?:forget|retry)-[0-9a-f]+\.\w+$/;

/** Files of a date's folder in the lake that the source does not have (any more); keys below the drops. */
export async function leftInLake(lake: ObjectStore, folder: string, keys: ReadonlySet<string>): Promise<string[]> {
  const left: string[] = [];
  for await (const { key } of lake.list(`${lakeKeys.dropsPrefix}/${folder}`)) {
    const name = key.slice(lakeKeys.dropsPrefix.length + 1);
    if (!keys.has(name) && !OWN_FILES.test(name)) left.push(name);
  }
  return left;
}
