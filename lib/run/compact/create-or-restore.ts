import { InvariantBrokenError } from '../../errors.ts';
import { chunksOf, sha256Of } from '../../store/object-content.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { contentOf } from './change.ts';
import { readCompactions } from './compaction-log.ts';

/**
 * Writes an object once, as `create`; where `compact` took customers out of the very same content, the content is put back. So a
 * drop outside the lake, which nobody rewrites, can be taken again after a rollback with the rows that its list tells of: the fold
 * drops those of erased customers, and the next `compact` takes them out again.
 *
 * @throws InvariantBrokenError when the key holds other content
 */
export async function createOrRestore(lake: ObjectStore, key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
  try {
    await lake.create(key, bytes);
  } catch (error) {
    if (!(error instanceof InvariantBrokenError)) throw error;
    const sha256 = sha256Of(chunksOf(bytes));
    const rewritten = (await readCompactions({ lake })).flatMap((log) => log.rewritten);
    if (!rewritten.some((entry) => entry.place === 'lake' && entry.key === key && entry.sha256Before === sha256)) throw error;
    const content = contentOf(() => Promise.resolve(bytes));
    await lake.rewrite(key, content(), (await lake.stat(key))?.etag ?? '');
  }
}
