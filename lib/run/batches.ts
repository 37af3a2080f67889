import type { PinnedFile } from './plan.ts';

/** Batches of a plan at the most: the items of one Map stay far below 256 KiB. */
const MAX_BATCHES = 200;

/** Bytes of a batch at which another one is begun. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Batches wanted even of little data, so that several workers have work. */
const MIN_BATCHES = 8;

/** Files in their order, in at most 200 batches of similar size. */
export function intoBatches(files: readonly PinnedFile[]): { files: PinnedFile[] }[] {
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const wanted = Math.min(MAX_BATCHES, Math.max(MIN_BATCHES, Math.ceil(total / BATCH_BYTES)));
  const limit = total / wanted;
  const batches: { files: PinnedFile[] }[] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const file of files) {
    if (filled >= limit && batches.length < MAX_BATCHES) {
      batches.push({ files: [] });
      filled = 0;
    }
    batches.at(-1)?.files.push(file);
    filled += file.sizeBytes;
  }
  return batches;
}
