import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { eachConcurrently } from '../../lib/store/concurrently.ts';
import type { Account } from './account.ts';
import type { Perennial } from './perennial.ts';

/**
 * A shop whose models are fitted: 180 days of history make the first epoch on Monday 2025-06-30, within the range; the first night
 * is a Monday, on which they are fitted again.
 */
export const RANGE = { from: '2025-01-01', to: '2025-07-06' } as const;
export const NIGHTS = ['2025-07-07', '2025-07-08'] as const;

const GENERATE =
  `--days 189 --start ${RANGE.from} --customers 5600 --seed 4 --dirt 0.01 --feeds interactions,customers,rates --currencies EUR`.split(
    ' ',
  );

const MARKERS = ['_SUCCESS', 'manifest.json'];
const UPLOADS = 16;

/** Folders of drops. */
export interface Deliveries {
  /** The history and the first night. */
  readonly first: string;
  /** The second night: its marker is a manifest that promises size and hash of each file. */
  readonly second: string;
}

/** Draws the drops. */
export async function generateDrops(perennial: Perennial, folder: string): Promise<Deliveries> {
  const deliveries = { first: join(folder, 'drops'), second: join(folder, 'drops-later') };
  await perennial.well(['generate', ...GENERATE, '--out', deliveries.first]);
  const night = join(deliveries.second, `dt=${NIGHTS[1]}`);
  await mkdir(deliveries.second);
  await rename(join(deliveries.first, `dt=${NIGHTS[1]}`), night);
  const files = [];
  for (const path of await filesBelow(night)) {
    if (MARKERS.includes(path)) continue;
    const bytes = await readFile(join(night, path));
    files.push({ path, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  await rm(join(night, '_SUCCESS'));
  await writeFile(join(night, 'manifest.json'), `${JSON.stringify({ files })}\n`);
  return deliveries;
}

/** Uploads a delivery as a source does that knows nothing of the product: files first, then markers. @returns count of objects */
export async function uploadDrops({ s3 }: Account, bucket: string, folder: string): Promise<number> {
  const paths = (await filesBelow(folder)).filter((path) => path.startsWith('dt='));
  const isMarker = (path: string) => MARKERS.includes(path.split('/').at(-1) as string);
  const put = async (path: string) => {
    const { size } = await stat(join(folder, path));
    const Body = createReadStream(join(folder, path));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `drops/${path}`, Body, ContentLength: size }));
  };
  for (const part of [paths.filter((path) => !isMarker(path)), paths.filter(isMarker)]) {
    await eachConcurrently(part, UPLOADS, put);
  }
  return paths.length;
}

/** Paths of all files below a folder, with `/`, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
}
