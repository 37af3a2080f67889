import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isTextDrop, openDropChunks } from '../lib/drop/decompress.ts';
import type { HistoryFiles } from '../lib/drop/history-rows.ts';
import { ConfigError } from '../lib/errors.ts';

const READ_BYTES = 1_048_576;

/**
 * Finds the files of a history: a folder with all below it, or one file.
 *
 * @throws ConfigError when there is nothing at the path or nothing in it that can be read
 */
export async function listHistoryFiles(path: string): Promise<HistoryFiles> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new ConfigError(`History ${path}: not found, expected a folder of files or one file. Correct the path.`);
  }
  const paths = found.isDirectory()
    ? (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    : [path];
  const nameOf = (file: string) => (file === path ? basename(file) : file.slice(join(path, '/').length).replaceAll('\\', '/'));
  const readable = paths.filter((file) => isTextDrop(file));
  if (readable.length === 0) {
    throw new ConfigError(
      `History ${path}: no file to read, expected .csv, .txt or .tsv, each also with .gz. Correct the path or rename the files.`,
    );
  }
  return {
    name: basename(join(path, '.')).replace(/\.(csv|txt|tsv)(\.gz)?$/i, ''),
    files: readable.map((file) => ({
      name: nameOf(file),
      open: () => openDropChunks(nameOf(file), createReadStream(file, { highWaterMark: READ_BYTES })),
    })),
    ignored: paths.filter((file) => !isTextDrop(file)).map(nameOf),
  };
}
