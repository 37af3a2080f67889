import { createHash } from 'node:crypto';
import type { Item, Table } from '../../lib/store/tables.ts';
import type { MemoryStore } from './memory-store.ts';
import type { MemoryPlaces } from './run-in-memory.ts';
import { withoutStarts } from './same-state.ts';

/** All that places hold, in texts that can be compared. */
export interface PlacesState {
  /** Objects of lake and exports by key: text of JSON files and markers, else the SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  readonly profiles: Readonly<Record<string, Item>>;
  readonly transitions: Readonly<Record<string, Item>>;
  readonly runs: Readonly<Record<string, Item>>;
}

const hashes = new WeakMap<Uint8Array, string>();

function textOf(key: string, bytes: Uint8Array): string {
  let text = hashes.get(bytes);
  if (text === undefined) {
    text = /\.json$|_SUCCESS$/.test(key) ? Buffer.from(bytes).toString('utf8') : createHash('sha256').update(bytes).digest('hex');
    hashes.set(bytes, text);
  }
  return text;
}

/** Reads places whole. */
export async function readPlaces({ lake, exports, profiles, transitions, runs }: MemoryPlaces): Promise<PlacesState> {
  const filesOf = (name: string, store: MemoryStore) =>
    store.keys().map((key): [string, string] => [`${name}/${key}`, textOf(key, store.peek(key))]);
  return {
    files: Object.fromEntries([...filesOf('lake', lake), ...filesOf('exports', exports)]),
    profiles: await itemsOf(profiles, ['customer_id']),
    transitions: await itemsOf(transitions, ['customer_id', 'happened']),
    runs: await itemsOf(runs, ['pk', 'sk']),
  };
}

async function itemsOf(table: Table, key: readonly string[]): Promise<Record<string, Item>> {
  const items: [string, Item][] = [];
  for await (const item of table.scan()) items.push([key.map((name) => String(item[name])).join(' '), item]);
  return Object.fromEntries(items.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What outsiders look at: the pointer, profiles, transition items, `latest.json` files. */
export function shownOf({ files, profiles, transitions, runs }: PlacesState): Record<string, unknown> {
  return {
    current: runs['CURRENT -'],
    profiles,
    transitions,
    latest: Object.fromEntries(Object.entries(files).filter(([key]) => key.endsWith('/latest.json'))),
  };
}

/**
 * State without what another number of starts changes: fencing numbers, attempts and instants; and with runs named by their order
 * where a start that died early has used up a number.
 */
export function comparable({ files, profiles, transitions, runs }: PlacesState): PlacesState {
  const ids = Object.keys(runs).flatMap((key) => (key.startsWith('RUN ') ? [key.slice('RUN '.length)] : []));
  ids.sort();
  const byOrder = new Map(ids.map((id, i) => [id, `run${i + 1}-${id.slice(-10)}`]));
  const mask = (text: string) => text.replace(/r\d{6}-\d{4}-\d{2}-\d{2}/g, (id) => byOrder.get(id) ?? id);
  const maskAll = <T>(value: T): T => JSON.parse(mask(JSON.stringify(value)).replaceAll(/"at":"[^"]+"/g, '"at":""')) as T;
  const maskFile = ([key, text]: [string, string]): [string, string] => [
    mask(key),
    // Hashes of manifests, which hold the run's id.
    key.endsWith('_SUCCESS')
      ? ''
      : mask(text)
          .replace(/"manifestSha256": ?"[0-9a-f]+"/, '')
          .replaceAll(/"(startedAt|finishedAt|at)": ?"[^"]+"/g, ''),
  ];
  return {
    files: Object.fromEntries(Object.entries(files).map(maskFile)),
    profiles: withoutStarts(profiles),
    transitions,
    runs: maskAll(withoutStarts(runs)),
  };
}
