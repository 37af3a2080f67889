import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cliContext, type OpenHome } from '../../cli/context.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { readScoresOf } from '../../lib/run/read-results.ts';
import { type Current, findCurrent } from '../../lib/run/run-ledger.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import type { Item, Table } from '../../lib/store/tables.ts';

/** Every item of the three tables. */
export interface TablesState {
  /** By customer. */
  readonly profiles: Readonly<Record<string, Item>>;
  /** By customer and order of happening. */
  readonly transitions: Readonly<Record<string, Item>>;
  /** By key. */
  readonly runs: Readonly<Record<string, Item>>;
}

/** All that a home holds and shows. */
export interface HomeState extends TablesState {
  /** By path below the home: text of JSON files and markers, else the SHA-256. Only what a listing shows. */
  readonly files: Readonly<Record<string, string>>;
  readonly current: Current | undefined;
  /** What `scores` reads without a date: the date and a hash of the columns; undefined before the first commit. */
  readonly scores: { readonly date: string; readonly sha256: string } | undefined;
}

/** Opens a home as a command does, for as long as `use` works. The environment of this process is as before afterwards. */
export async function withHome<T>(dir: string, config: string, use: (home: OpenHome) => Promise<T>): Promise<T> {
  const before = { ...process.env };
  const home = await cliContext.openHome({ home: dir, config });
  try {
    return await use(home);
  } finally {
    await home.close();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Reads a home. @throws Error when a listing shows other files than the folder holds, temporary files and locks left out */
export function readHome(dir: string, config: string): Promise<HomeState> {
  return withHome(dir, config, async ({ deps }) => {
    const files = { ...(await filesOf(dir, 'lake', deps.lake)), ...(await filesOf(dir, 'exports', deps.exports)) };
    const current = await findCurrent(deps);
    return { files, ...(await readTables(deps)), current, scores: current && (await scoresOf(deps)) };
  });
}

/** Reads every table. */
export async function readTables({ profiles, transitions, runs }: RunDeps): Promise<TablesState> {
  return {
    profiles: await itemsOf(profiles, ({ customer_id }) => String(customer_id)),
    transitions: await itemsOf(transitions, ({ customer_id, happened }) => `${customer_id} ${happened}`),
    runs: await itemsOf(runs, ({ pk, sk }) => `${pk} ${sk}`),
  };
}

async function scoresOf(deps: RunDeps): Promise<HomeState['scores']> {
  const { date, columns } = await readScoresOf(deps, undefined);
  return { date, sha256: sha256(JSON.stringify(columns)) };
}

async function filesOf(dir: string, name: string, store: ObjectStore): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { key } of store.list('')) {
    const bytes = await store.read(key);
    files[`${name}/${key}`] = /\.json$|_SUCCESS$/.test(key) ? Buffer.from(bytes).toString('utf8') : sha256(bytes);
  }
  const entries = await readdir(join(dir, name), { recursive: true, withFileTypes: true });
  const present = entries.filter((entry) => entry.isFile() && !/^\.(tmp|lock)-/.test(entry.name)).length;
  if (present !== Object.keys(files).length) {
    throw new Error(`Folder ${name}: ${Object.keys(files).length} files listed, expected ${present}.`);
  }
  return files;
}

async function itemsOf(table: Table, keyOf: (item: Item) => string): Promise<Record<string, Item>> {
  const items: Record<string, Item> = {};
  for await (const item of table.scan()) items[keyOf(item)] = item;
  return items;
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
