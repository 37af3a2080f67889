import { formatOf } from '../../drop/file-format.ts';
import { FEEDS, type Feed } from '../../keys.ts';
import { hashContent } from '../../store/hash-content.ts';
import { businessClock } from '../../time.ts';
import { jsonBytes } from '../json-objects.ts';
import { type Change, type CompactContext, contentOf, storeOf, type Unit } from './change.ts';
import { keptDrop } from './drop-content.ts';
import { type DropFile, judgeDrop } from './drop-rows.ts';

/**
 * The drop of a date: rows of erased customers up to their request go from every file, whatever its form; every other byte of
 * delimited texts and lines stays. A manifest tells the new rows, sizes and hashes, and is written first.
 */
export async function planDrop(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const rewritten = new Map<string, { rows: number; sha256: string; sizeBytes: number }>();
  for (const key of unit.keys) {
    const file = dropFile(key, context);
    if (!file) continue;
    const verdict = await judgeDrop(file, context.erased);
    const touched = verdict.dropped.size + verdict.blanked.size;
    if (touched === 0) continue;
    const content = () => keptDrop(file, verdict);
    const { sha256, size } = await hashContent(content());
    rewritten.set(key, { rows: verdict.records - verdict.dropped.size, sha256, sizeBytes: size });
    changes.push({ place: 'lake', key, kind: 'drop', action: 'rewrite', rows: touched, content });
  }
  const manifestKey = unit.keys.find((key) => /^drops\/dt=[^/]+\/manifest\.json$/.test(key));
  if (manifestKey === undefined || rewritten.size === 0) return changes;
  const manifest = await planManifest(manifestKey, rewritten, context);
  return manifest ? [manifest, ...changes] : changes;
}

/** The file of a feed that a key names; undefined for a marker. */
function dropFile(key: string, context: CompactContext): DropFile | undefined {
  const [, folder = '', feed = '', ...rest] = key.split('/');
  const format = formatOf(rest.at(-1) ?? '');
  if (rest.length === 0 || format === undefined || !folder.startsWith('dt=') || !(FEEDS as readonly string[]).includes(feed)) {
    return undefined;
  }
  const { configs } = context;
  const clock = businessClock((configs[0] as (typeof configs)[number]).timeZone);
  const mappings = [
    ...new Map(configs.map(({ mapping }) => [JSON.stringify(mapping[feed as Feed]), mapping[feed as Feed]])).values(),
  ];
  return { key, feed: feed as Feed, format, store: storeOf(context, 'lake'), mappings, clock };
}

interface Entry {
  readonly path: string;
  readonly rows?: number;
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/** The manifest of a date with the new promises; undefined when it promises nothing of the files. */
async function planManifest(
  key: string,
  rewritten: ReadonlyMap<string, { rows: number; sha256: string; sizeBytes: number }>,
  { deps }: CompactContext,
): Promise<Change | undefined> {
  const text = Buffer.from(await deps.lake.read(key))
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const manifest = (text.trim() === '' ? {} : JSON.parse(text)) as { files?: readonly Entry[] };
  if (!manifest.files) return undefined;
  const folder = key.slice(0, -'manifest.json'.length);
  const files = manifest.files.map((entry) => {
    const next = rewritten.get(entry.path.startsWith('dt=') ? `drops/${entry.path}` : `${folder}${entry.path}`);
    if (!next) return entry;
    return {
      ...entry,
      ...(entry.rows === undefined ? {} : { rows: next.rows }),
      ...(entry.sha256 === undefined ? {} : { sha256: next.sha256 }),
      ...(entry.sizeBytes === undefined ? {} : { sizeBytes: next.sizeBytes }),
    };
  });
  const bytes = jsonBytes({ ...manifest, files });
  return { place: 'lake', key, kind: 'drop', action: 'rewrite', rows: 0, content: contentOf(() => Promise.resolve(bytes)) };
}
