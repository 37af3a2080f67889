import { InvalidDropError } from '../../errors.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import { hashContent } from '../../store/hash-content.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { type RewrittenDrop, rewrittenDrops } from '../compact/compaction-log.ts';
import type { RunDeps } from '../deps.ts';
import type { PinnedFile } from '../plan.ts';
import type { ChainSource } from './chain-sources.ts';

/** Files that are hashed together. */
const HASHED_AT_ONCE = 4;

/** Files that the error names; of more it tells the number. */
const NAMED = 3;

/**
 * Pins files that a chain took for being read again: each where `dropsUrl` says or where it was read then, with the content that it
 * had then, under the knownOn that it had.
 *
 * @throws InvalidDropError naming those that are missing or hold something else
 */
export async function pinAgain(deps: RunDeps, dropsUrl: string, sources: readonly ChainSource[]): Promise<PinnedFile[]> {
  const stores = new Map<string, ObjectStore>();
  const open = (url: string) => {
    const store = stores.get(url) ?? deps.openStore(url);
    stores.set(url, store);
    return store;
  };
  const rewritten = await rewrittenDrops(deps);
  const pinned = new Map<ChainSource, PinnedFile>();
  const problems = new Map<ChainSource, string>();
  await eachConcurrently(sources, HASHED_AT_ONCE, async (taken) => {
    const places = [...new Set([dropsUrl, ...taken.dropsUrls])].map(open);
    const found = await pinOne(places, taken, contentsSince(taken, rewritten));
    if (typeof found === 'string') problems.set(taken, found);
    else pinned.set(taken, found);
  });
  if (problems.size > 0)
    throw unreadable(sources.filter((taken) => problems.has(taken)).map((taken) => problems.get(taken) ?? ''));
  return sources.map((taken) => pinned.get(taken) as PinnedFile);
}

/** The content that was taken, and what compact made of it since. */
function contentsSince({ source }: ChainSource, rewritten: readonly RewrittenDrop[]): Set<string> {
  const contents = new Set([source.sha256]);
  for (const { before, after } of rewritten) if (contents.has(before)) contents.add(after);
  return contents;
}

/** The file, or what is wrong with it. */
async function pinOne(
  places: readonly ObjectStore[],
  { knownOn, source }: ChainSource,
  contents: ReadonlySet<string>,
): Promise<PinnedFile | string> {
  let problem = `${source.key} is missing`;
  for (const drops of places) {
    const info = await drops.stat(source.key);
    if (!info) continue;
    const { feed, key } = source;
    const { sha256 } = await hashContent(drops.stream(key));
    if (!contents.has(sha256)) {
      problem = `${key} holds other content than was taken`;
      continue;
    }
    const url = `${drops.url}/${key}`;
    const known = sha256 === source.sha256 ? {} : { knownAs: source.sha256 };
    return { feed, url, key, etag: info.etag, sizeBytes: info.size, sha256, knownOn, promisedRows: null, ...known };
  }
  return `${problem} (looked in ${places.map(({ url }) => url).join(' and ')})`;
}

function unreadable(problems: readonly string[]): InvalidDropError {
  const more = problems.length > NAMED ? `; and ${problems.length - NAMED} more` : '';
  return new InvalidDropError(
    `Rebuild from the drops: ${problems.slice(0, NAMED).join('; ')}${more}, expected every file that the committed runs took, unchanged. Put them back, or name their folder with --data.`,
  );
}

/** Root of the store of a pinned file. */
export function rootOf({ url, key }: Pick<PinnedFile, 'url' | 'key'>): string {
  return url.slice(0, -key.length - 1);
}
