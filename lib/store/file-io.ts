import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMP_PREFIX } from './object-key.ts';

/** IOV_MAX is 1024 on Linux and macOS. */
const BUFFERS_PER_WRITE = 1000;

/** Up to this size a tag is the SHA-256 of the content; every object that is ever replaced is far smaller. */
const HASHED_TAG_BYTES = 65_536;

/** The code of a file system error. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** True when an error says that no file is there (a folder in its place counts as none). */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

/**
 * A file's size and tag; undefined when there is none.
 *
 * The tag is the SHA-256 of the content up to 64 KiB, so that compare and swap never mistakes one version for another; above
 * that it is size, modification time (ns) and inode, so that a listing does not read big files.
 */
export async function fileInfo(path: string): Promise<{ size: number; etag: string } | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    if (stats.size > HASHED_TAG_BYTES) {
      const etag = [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(16)).join('-');
      return { size: Number(stats.size), etag };
    }
    const content = await readFile(path);
    return { size: content.byteLength, etag: createHash('sha256').update(content).digest('hex') };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A whole file in one buffer of its own, so that typed arrays of 8-byte values can lie on it without a copy. */
export function readWhole(path: string): Promise<Uint8Array | undefined> {
  return readPart(path, 0, Number.POSITIVE_INFINITY);
}

/** As `readWhole`, the bytes from `start` to before `end`, or to the end of the file where it ends earlier. */
export async function readPart(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const size = Math.max(Math.min(end, stats.size) - start, 0);
    const buffer = Buffer.allocUnsafeSlow(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(buffer, length, size - length, start + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return new Uint8Array(buffer.buffer, 0, length);
  } finally {
    await file.close();
  }
}

/** Writes chunks to a new temporary file of a folder, through to the disk where it is to last. @returns its path */
export function writeTemp(folder: string, chunks: readonly Uint8Array[], isLasting = true): Promise<string> {
  return fillTemp(folder, (file) => writeAll(file, chunks), isLasting);
}

/** As `writeTemp`, chunk by chunk as they come. */
export function streamTemp(folder: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return fillTemp(folder, async (file) => {
    for await (const chunk of chunks) if (chunk.byteLength > 0) await writeAll(file, [chunk]);
  });
}

async function fillTemp(folder: string, fill: (file: FileHandle) => Promise<void>, isLasting = true): Promise<string> {
  const path = join(folder, `${TEMP_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`);
  const file = await openNew(path, folder);
  try {
    try {
      await fill(file);
      if (isLasting) await file.datasync();
    } finally {
      await file.close();
    }
    return path;
  } catch (error) {
    await unlink(path);
    throw error;
  }
}

async function openNew(path: string, folder: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true });
    return open(path, 'wx');
  }
}

/** A call may write less than it was given (2 GiB at most on Linux). */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let index = 0;
  let rest: Uint8Array | undefined;
  while (index < chunks.length) {
    const batch = chunks.slice(index, index + BUFFERS_PER_WRITE);
    if (rest) batch[0] = rest;
    let { bytesWritten } = await file.writev(batch);
    rest = undefined;
    for (const chunk of batch) {
      if (bytesWritten < chunk.byteLength) {
        rest = chunk.subarray(bytesWritten);
        break;
      }
      bytesWritten -= chunk.byteLength;
      index += 1;
    }
  }
}
