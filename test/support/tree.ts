import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A path without the id of the run that wrote it. */
const withoutRun = (path: string) => path.replace(/run=[^/.]+/, 'run=*');

/** Paths of all files below a folder, relative to it, in order; none when the folder is missing. */
export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(dir.length + 1).replaceAll('\\', '/')).sort();
}

/** Content hash and time of change of every file and folder below `dir` but `dynamo/`. */
export async function photograph(dir: string): Promise<Record<string, string>> {
  const photo: Record<string, string> = {};
  for (const entry of (await readdir(dir, { recursive: true })).sort()) {
    if (/^dynamo([\\/]|$)/.test(entry)) continue;
    const path = join(dir, entry);
    const info = await stat(path);
    photo[entry] = `${info.isFile() ? sha256(await readFile(path)) : 'folder'} ${info.mtimeMs}`;
  }
  return photo;
}

/**
 * SHA-256 of the files below `dir` whose path passes, by path without run id; those that end in `.gz` by what is inside.
 *
 * @throws Error when two files differ in their run id alone
 */
export async function contents(dir: string, passes: (path: string) => boolean): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of (await filesBelow(dir)).filter(passes)) {
    const bytes = await readFile(join(dir, path));
    const name = withoutRun(path);
    if (hashes[name] !== undefined) throw new Error(`Folder ${dir}: ${name} by two runs, expected one.`);
    hashes[name] = sha256(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  return hashes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
