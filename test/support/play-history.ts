import { gunzipSync } from 'node:zlib';
import { BOOK_VERSION, PENDING, SALE } from '../../lib/arrow/schemas.ts';
import { decodeTable } from '../../lib/arrow/table-file.ts';
import { lakeKeys } from '../../lib/keys.ts';
import type { DateKpi } from '../../lib/report/date-kpi.ts';
import { readScoresOf, readTransitionsOf } from '../../lib/run/read-results.ts';
import { listRuns } from '../../lib/run/run-ledger.ts';
import { addDays } from '../../lib/time.ts';
import { type DrawnHistory, dateOfNight, dropsOf, type Layout } from './history-drops.ts';
import { type PlacesState, readPlaces } from './places-state.ts';
import { emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from './run-in-memory.ts';

/** How the nights of a history are run. */
export interface Way {
  readonly shards: number;
  /** Nights at which a run begins; night 0 and the late night always do. */
  readonly cuts: readonly number[];
  readonly layout: Layout;
}

/** A refused row or fact. */
export interface Refusal {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  /** Night of the folder that it lies in. */
  readonly knownOn: string;
  readonly text: string;
}

/** What a history has become. */
export interface Outcome {
  readonly state: PlacesState;
  /** Rows of scores of the last night, of transitions of all nights, as JSON. */
  readonly scores: string;
  readonly transitions: string;
  readonly netMinor: number;
  readonly kpis: readonly DateKpi[];
  readonly refusals: readonly Refusal[];
  /** Facts that wait. */
  readonly pending: readonly {
    readonly file: string;
    readonly line: number;
    readonly reason: number;
    /** Minor units of a sale, 0 of another fact. */
    readonly saleMinor: number;
  }[];
  /** Counts of all runs together; `pending` and `customers` are of the last. */
  readonly counts: Readonly<Record<string, number>>;
}

const WORDS = { en: 'all', zh: '全部' };

/** The configuration of drawn histories: nothing is held for being small or dirty. */
export const historyConfig = (shards: number): object => ({
  shards,
  epochs: { minRepeatCustomers: 2, minHistoryDays: 2 },
  rates: { maxAgeDays: 1 },
  gates: {
    maxMalformedShare: 1,
    severity: {
      zero_rows: 'off',
      schema: 'warn',
      quarantine_share: 'warn',
      completeness: 'off',
      accepted_values: 'off',
    },
  },
  segments: [{ id: 'all', name: WORDS, play: WORDS, where: { stage: ['new', 'growing', 'prospect'] } }],
  destinations: [{ id: 'generic_jsonl' }],
});

/** Runs a history in one way. */
export async function play(history: DrawnHistory, way: Way): Promise<MemoryPlaces> {
  const { drops, late } = await dropsOf(history, way.layout);
  const places = emptyPlaces(drops);
  // Homes draw their own secret; these are compared byte by byte.
  await places.lake.create(
    lakeKeys.erasureSecret,
    Buffer.from(JSON.stringify({ algorithm: 'hmac-sha256', secret: '5e'.repeat(32) })),
  );
  const deps = memoryDeps(places, historyConfig(way.shards));
  const starts = [...new Set([0, history.lateNight, ...way.cuts])].sort((a, b) => a - b);
  for (const [i, start] of starts.entries()) {
    if (start === history.lateNight) for (const [key, bytes] of late) await drops.create(key, bytes);
    const next = starts[i + 1];
    const to = next === undefined ? dateOfNight(history.nights - 1) : addDays(dateOfNight(next), -1);
    await runInMemory({ from: dateOfNight(start), to, dropsUrl: drops.url }, deps);
  }
  return places;
}

/** Makes all of it anew in a generation of its own. @returns the run that did */
export async function rebuild(places: MemoryPlaces, from: Way, shards: number, fromDrops: boolean): Promise<string> {
  const deps = memoryDeps(places, historyConfig(from.shards));
  const opened = await runInMemory({ rebuild: { shards, fromDrops }, dropsUrl: places.drops.url }, deps);
  if (opened.decision !== 'go') throw new Error(`Rebuild: ${opened.decision}, expected it to be made.`);
  return opened.run.runId;
}

/** Reads what a played history has become. */
export async function outcomeOf(places: MemoryPlaces, history: DrawnHistory): Promise<Outcome> {
  const deps = memoryDeps(places);
  const { columns, rows } = await readScoresOf(deps, undefined);
  const transitions: unknown[] = [];
  for await (const part of readTransitionsOf(deps, undefined, undefined)) if (part.rows > 0) transitions.push(part);
  const counts: Record<string, number> = {};
  for (const run of await listRuns(deps)) {
    for (const [name, count] of Object.entries(run.counts)) {
      counts[name] = name === 'pending' || name === 'customers' ? count : (counts[name] ?? 0) + count;
    }
  }
  const { lake } = places;
  const keys = lake.keys();
  const last = dateOfNight(history.nights - 1);
  return {
    state: await readPlaces(places),
    scores: JSON.stringify(columns),
    transitions: JSON.stringify(transitions),
    netMinor: columns.monetary_minor.subarray(0, rows).reduce((sum, value) => sum + value, 0),
    kpis: keys
      .filter((key) => /\/kpi\/dt=[^/]+\/run=[^/.]+\.json$/.test(key))
      .map((key) => JSON.parse(Buffer.from(lake.peek(key)).toString()) as DateKpi),
    refusals: keys.filter((key) => key.endsWith('.jsonl.gz')).flatMap((key) => refusalsOf(key, lake.peek(key))),
    pending: keys
      .filter((key) => key.includes(`/books/dt=${last}/`) && key.endsWith('/pending.arrow'))
      .flatMap((key) => pendingOf(key, lake.peek(key))),
    counts,
  };
}

function refusalsOf(key: string, bytes: Uint8Array): Refusal[] {
  const knownOn = /known=([^/]+)/.exec(key)?.[1] ?? '';
  const lines = gunzipSync(bytes).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const { file, line: at, rule, fact, raw } = JSON.parse(line) as Record<string, unknown>;
    return { file: String(file), line: Number(at), rule: String(rule), knownOn, text: JSON.stringify([rule, fact ?? raw]) };
  });
}

function pendingOf(key: string, bytes: Uint8Array): Outcome['pending'] {
  const { rows, columns: c } = decodeTable(PENDING, bytes, key, BOOK_VERSION);
  const source = (row: number) =>
    Buffer.from(c.source.bytes.subarray(c.source.offsets[row], c.source.offsets[row + 1])).toString();
  return Array.from({ length: rows }, (_, row) => ({
    file: source(row),
    line: c.source_line[row] as number,
    reason: c.reason[row] as number,
    saleMinor: c.type[row] === SALE ? (c.amount_minor[row] as number) : 0,
  }));
}

/** Kinds of files whose bytes are claimed to be the same, whatever the runs: of every night, and of the last. */
const OF_EVERY_NIGHT = ['transitions', 'kpi', 'calibrations'];
const OF_THE_LAST = ['scores', 'state', 'membership', 'books', 'identifiers'];

/** Hashes of those files by key without run and generation. @param runId only files of this run */
export function comparableBytes({ state }: Outcome, history: DrawnHistory, runId = ''): Record<string, string> {
  const last = dateOfNight(history.nights - 1);
  // What nights wrote of a customer before the erasure was known lies there until `compact`; readers leave it out.
  const hasErasures = history.rows.some(({ feed }) => feed === 'erasures');
  const isMeant = (key: string) =>
    // what was published has figures of its own, of a run's last night and with the hashes of its manifests
    OF_EVERY_NIGHT.some(
      (kind) => key.includes(`/${kind}/dt=`) && !key.includes('.exports.') && !(kind === 'transitions' && hasErasures),
    ) ||
    OF_THE_LAST.some((kind) => key.includes(`/${kind}/dt=${last}/`)) ||
    (key.includes(`/dt=${last}/`) && /\/full-\d+\./.test(key));
  const files = Object.entries(state.files).filter(([key]) => isMeant(key) && key.includes(`/run=${runId}`));
  return Object.fromEntries(files.map(([key, text]) => [key.replace(/run=[^/.]+/, 'run=*').replace(/g=\d+/, 'g=*'), text]));
}
