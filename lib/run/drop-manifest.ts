import * as z from 'zod';
import { explainIssues } from '../config/explain-issues.ts';
import { InvalidDropError } from '../errors.ts';
import type { ObjectStore } from '../store/objects.ts';
import type { BusinessDate } from '../time.ts';

const entry = z
  .strictObject({
    /** Path below the folder of the date, or below the drops. */
    path: z.string().min(1),
    rows: z.int().min(0).optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hex digits')
      .optional(),
    sizeBytes: z.int().min(0).optional(),
  })
  .refine(({ rows, sha256 }) => rows !== undefined || sha256 !== undefined, 'expected rows or sha256');

const manifest = z.strictObject({ files: z.array(entry).optional() });

/** What a manifest promises of one file. */
export interface PromisedFile {
  /** Key below the drops. */
  readonly key: string;
  readonly rows: number | undefined;
  /** Lower case. */
  readonly sha256: string | undefined;
  readonly sizeBytes: number | undefined;
}

/** What the manifest of a date promises, by key. */
export type DropManifest = ReadonlyMap<string, PromisedFile>;

/**
 * The manifest of a date.
 *
 * @returns undefined for one that is empty, `{}` or without `files`: a plain marker
 * @throws InvalidDropError for one that is not JSON, has unknown or wrong keys, or names a file twice
 */
export async function readManifest(drops: ObjectStore, dt: BusinessDate): Promise<DropManifest | undefined> {
  const key = `dt=${dt}/manifest.json`;
  const where = `Manifest ${drops.url}/${key}`;
  const text = Buffer.from(await drops.read(key)).toString('utf8');
  if (text.trim() === '') return undefined;
  const value = parseJson(text.replace(/^\uFEFF/, ''), where);
  const parsed = manifest.safeParse(value);
  if (!parsed.success) {
    throw new InvalidDropError(
      `${where}: ${explainIssues(parsed.error, value)}, expected {"files":[{"path":"transactions/a.csv","rows":10,"sha256":"..."}]}. Correct the manifest, or write {} for a marker alone.`,
    );
  }
  if (!parsed.data.files) return undefined;
  const promised = new Map<string, PromisedFile>();
  for (const { path, rows, sha256, sizeBytes } of parsed.data.files) {
    const file = path.startsWith(`dt=${dt}/`) ? path : `dt=${dt}/${path}`;
    if (promised.has(file)) {
      throw new InvalidDropError(`${where}: names ${path} more than once, expected it once. Correct the manifest.`);
    }
    promised.set(file, { key: file, rows, sha256: sha256?.toLowerCase(), sizeBytes });
  }
  return promised;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidDropError(`${where}: not JSON, expected an object. Correct the manifest, or write {} for a marker alone.`, {
      cause,
    });
  }
}

/** A file as it was found. */
export interface FoundFile {
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** @throws InvalidDropError when a file is not the one that the manifest promises */
export function assertPromised(file: FoundFile, promised: PromisedFile | undefined, dropsUrl: string): void {
  if (promised?.sizeBytes !== undefined && promised.sizeBytes !== file.sizeBytes) {
    throw broken(file.key, dropsUrl, `${file.sizeBytes} bytes`, `${promised.sizeBytes}`);
  }
  if (promised?.sha256 !== undefined && promised.sha256 !== file.sha256) {
    throw broken(file.key, dropsUrl, `SHA-256 ${file.sha256}`, promised.sha256);
  }
}

/** @throws InvalidDropError when a file has another number of rows than the manifest promises @param promised null: no promise */
export function assertPromisedRows(key: string, dropsUrl: string, rows: number, promised: number | null): void {
  if (promised !== null && promised !== rows) throw broken(key, dropsUrl, `${rows} rows`, `${promised}`);
}

/** @throws InvalidDropError when a file that the manifest names is not there @param keys of all files of the folder */
export function assertAllThere(promised: DropManifest, keys: ReadonlySet<string>, dropsUrl: string): void {
  for (const key of promised.keys()) {
    if (keys.has(key)) continue;
    throw new InvalidDropError(
      `Drop file ${dropsUrl}/${key}: missing, expected it because the manifest names it. Deliver the file, or a manifest without it.`,
    );
  }
}

function broken(key: string, dropsUrl: string, observed: string, expected: string): InvalidDropError {
  return new InvalidDropError(
    `Drop file ${dropsUrl}/${key}: ${observed}, expected ${expected} as the manifest says. Deliver the file again, or its manifest.`,
  );
}
