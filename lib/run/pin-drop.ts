import { InvalidDropError } from '../errors.ts';
import type { Feed } from '../keys.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import { hashContent } from '../store/hash-content.ts';
import type { ObjectStore } from '../store/objects.ts';
import type { BusinessDate } from '../time.ts';
import { type FeedFile, feedOfKey, listDrop } from './drop-folder.ts';
import { assertAllThere, assertPromised, type DropManifest, readManifest } from './drop-manifest.ts';
import type { PinnedFile, Remark } from './plan.ts';

/** Files that are hashed together. */
const HASHED_AT_ONCE = 4;

/** Feeds whose rows replace earlier ones: the same content under another name is news again. */
const REPLACING: readonly Feed[] = ['customers', 'rates'];

/** The contents that are known, each with the key under which it came first. */
export class KnownContents {
  readonly #keys = new Map<string, string>();
  readonly #all = new Set<string>();

  /** Takes in a file; of two with one content the first stays. */
  add(file: Pick<PinnedFile, 'feed' | 'sha256' | 'key'>): void {
    const identity = identityOf(file);
    if (!this.#keys.has(identity)) this.#keys.set(identity, file.key);
    this.#all.add(file.key);
  }

  /** Takes in what became of the content of a file, where it is known. @param key below the drops */
  follow(key: string, before: string, after: string): void {
    const feed = feedOfKey(key);
    if (feed === undefined) return;
    const first = this.find({ feed, key, sha256: before });
    if (first !== undefined) this.add({ feed, key: first, sha256: after });
  }

  /** Key under which a file's content came first; undefined when it is new. */
  find(file: Pick<PinnedFile, 'feed' | 'sha256' | 'key'>): string | undefined {
    return this.#keys.get(identityOf(file));
  }

  /** True when a file of this key was taken. */
  hasKey(key: string): boolean {
    return this.#all.has(key);
  }
}

function identityOf({ feed, sha256, key }: Pick<PinnedFile, 'feed' | 'sha256' | 'key'>): string {
  return REPLACING.includes(feed) ? `${feed}:${sha256}:${key}` : `${feed}:${sha256}`;
}

/** Pins the files of dates, one date after the other, each by its content and checked against the manifest of its date. */
export class DropPins {
  readonly drops: ObjectStore;
  /** Files to take, in the order of dates and keys. */
  readonly files: PinnedFile[] = [];
  /** Files that are not taken, and why. */
  readonly skipped: Remark[] = [];
  /** What is odd about files that are taken. */
  readonly notes: Remark[] = [];
  readonly #from: BusinessDate;
  readonly #known: KnownContents;

  /** @param from first date of the run: earlier folders are looked through for late files alone @param known is added to */
  constructor(drops: ObjectStore, from: BusinessDate, known: KnownContents) {
    this.drops = drops;
    this.#from = from;
    this.#known = known;
  }

  /** Takes the files of a date whose content is new. @throws InvalidDropError */
  async take(dt: BusinessDate): Promise<void> {
    const folder = await listDrop(this.drops, dt);
    const isLate = dt < this.#from;
    this.skipped.push(...folder.skipped);
    const manifest = folder.hasManifest ? await readManifest(this.drops, dt) : undefined;
    if (manifest && !isLate) {
      const keys = new Set([...folder.files.map(({ info }) => info.key), ...folder.skipped.map(({ key }) => key)]);
      assertAllThere(manifest, keys, this.drops.url);
    }
    const pinned = new Map<FeedFile, PinnedFile>();
    await eachConcurrently(folder.files, HASHED_AT_ONCE, async (file) => {
      pinned.set(file, await this.#pin(file, manifest, isLate ? this.#from : dt));
    });
    for (const file of folder.files) this.#takeNew(pinned.get(file) as PinnedFile, manifest, isLate);
  }

  /** True for a file that a run took, or whose content one took. */
  async knows({ feed, info }: FeedFile): Promise<boolean> {
    const { key } = info;
    return this.#known.hasKey(key) || this.#known.find({ feed, key, sha256: await this.#hash(key) }) !== undefined;
  }

  #takeNew(file: PinnedFile, manifest: DropManifest | undefined, isLate: boolean): void {
    const { key } = file;
    const seen = this.#known.find(file);
    if (seen !== undefined) {
      if (!isLate || seen !== key) this.skipped.push({ key, reason: `same content as ${seen}` });
      if (!isLate) assertPromised(file, manifest?.get(key), this.drops.url);
      return;
    }
    assertPromised(file, manifest?.get(key), this.drops.url);
    if (manifest && !manifest.has(key)) this.notes.push({ key, reason: 'not in the manifest, taken' });
    this.files.push(file);
    this.#known.add(file);
  }

  async #pin({ feed, info }: FeedFile, manifest: DropManifest | undefined, knownOn: BusinessDate): Promise<PinnedFile> {
    const { key, etag, size: sizeBytes } = info;
    const url = `${this.drops.url}/${key}`;
    if (sizeBytes === 0) {
      throw new InvalidDropError(
        `Drop file ${url}: 0 bytes, expected a header at least. Deliver the file again; a quiet day is a header without rows, or a marker alone.`,
      );
    }
    const promisedRows = manifest?.get(key)?.rows ?? null;
    return { feed, url, key, etag, sizeBytes, sha256: await this.#hash(key), knownOn, promisedRows };
  }

  async #hash(key: string): Promise<string> {
    return (await hashContent(this.drops.stream(key))).sha256;
  }
}
