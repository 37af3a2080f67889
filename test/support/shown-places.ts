import { gunzipSync } from 'node:zlib';
import { readScoresOf, readTransitionsOf } from '../../lib/run/read-results.ts';
import type { MemoryTable } from './memory-table.ts';
import { type MemoryPlaces, memoryDeps } from './run-in-memory.ts';

/** What outsiders see of an installation, without run ids and fencing numbers. */
export interface ShownPlaces {
  readonly profiles: Readonly<Record<string, unknown>>;
  readonly transitions: Readonly<Record<string, unknown>>;
  readonly scores: string;
  readonly history: string;
  /** Lists that every `latest.json` points to, by publication and role. */
  readonly lists: Readonly<Record<string, string>>;
}

/** Reads everything that outsiders see. */
export async function readShown(places: MemoryPlaces): Promise<ShownPlaces> {
  const deps = memoryDeps(places);
  const scores = await readScoresOf(deps, undefined);
  const history: unknown[] = [];
  for await (const { columns } of readTransitionsOf(deps, undefined, undefined)) history.push(columns);
  return {
    profiles: await itemsOf(places.profiles, ({ customer_id }) => String(customer_id)),
    transitions: await itemsOf(places.transitions, ({ customer_id, happened }) => `${customer_id} ${happened}`),
    scores: JSON.stringify([scores.date, scores.columns]),
    history: JSON.stringify(history),
    lists: latestLists(places),
  };
}

async function itemsOf(table: MemoryTable, keyOf: (item: Record<string, unknown>) => string): Promise<Record<string, unknown>> {
  const items: Record<string, unknown> = {};
  for await (const { runSeq: _, ...item } of table.scan()) items[keyOf(item)] = item;
  return items;
}

function latestLists({ exports }: MemoryPlaces): Record<string, string> {
  const lists: Record<string, string> = {};
  for (const key of exports.keys().filter((name) => name.endsWith('/latest.json'))) {
    const { manifestKey } = JSON.parse(textOf(exports.peek(key))) as { manifestKey: string };
    const manifest = JSON.parse(textOf(exports.peek(manifestKey))) as { files: { key: string; role: string }[] };
    for (const file of manifest.files) {
      lists[`${key} ${file.role}`] = `${lists[`${key} ${file.role}`] ?? ''}${textOf(gunzipSync(exports.peek(file.key)))}`;
    }
  }
  return lists;
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
