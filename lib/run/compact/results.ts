import type { TableSpec } from '../../arrow/columns.ts';
import { encodeParquet } from '../../arrow/parquet.ts';
import {
  BOOK_VERSION,
  CUSTOMERS,
  IDENTIFIERS,
  IDENTIFIERS_VERSION,
  INDEX,
  INDEX_VERSION,
  MEMBERSHIP,
  MEMBERSHIP_VERSION,
  PENDING,
  SCORES,
  SCORES_VERSION,
  TRANSITIONS,
  TRANSITIONS_VERSION,
} from '../../arrow/schemas.ts';
import type { BusinessDate } from '../../time.ts';
import type { Erasure } from '../committed-erasures.ts';
import { type Change, type CompactContext, contentOf, isGoneFrom, type Unit } from './change.ts';
import { encodeKept, judgeRows, keepRows, readTable, type TableKind } from './erase-rows.ts';

const SCORES_FILE = { spec: SCORES, version: SCORES_VERSION };
const TRANSITIONS_FILE = { spec: TRANSITIONS, version: TRANSITIONS_VERSION };
const MEMBERSHIP_FILE = { spec: MEMBERSHIP, version: MEMBERSHIP_VERSION };

/** Run and date of a key of dated results. */
function placeOf(key: string): { runId: string; dt: BusinessDate } {
  const match = /\/dt=([^/]+)\/run=([^/]+)\//.exec(key) as RegExpExecArray;
  return { dt: match[1] as BusinessDate, runId: match[2] as string };
}

/** Rows of a table of dated results that stay. */
async function judgeFile<S extends TableSpec>(kind: TableKind<S>, key: string, context: CompactContext) {
  const { runId, dt } = placeOf(key);
  const isGone = isGoneFrom(context, runId, dt);
  const table = readTable(kind, await context.deps.lake.read(key), key);
  const verdict = judgeRows(context.erased, table, isGone);
  return { table, verdict };
}

/** The change of a table, of its Parquet twin first: the Arrow file tells that they are due. */
async function planTable<S extends TableSpec>(
  kind: TableKind<S>,
  name: string,
  unit: Unit,
  context: CompactContext,
): Promise<Change[]> {
  const key = unit.keys.find((candidate) => candidate.endsWith('.arrow'));
  if (key === undefined) return [];
  const { verdict } = await judgeFile(kind, key, context);
  if (verdict.touched === 0) return [];
  const change = (target: string, content: () => Promise<Uint8Array[]>): Change => ({
    place: 'lake',
    key: target,
    kind: name,
    action: 'rewrite',
    rows: verdict.touched,
    content: contentOf(content),
  });
  const arrow = change(key, async () => {
    const again = await judgeFile(kind, key, context);
    return encodeKept(kind, again.table, again.verdict);
  });
  const parquetKey = unit.keys.find((candidate) => candidate.endsWith('.parquet'));
  if (parquetKey === undefined) return [arrow];
  const parquet = change(parquetKey, async () => {
    const again = await judgeFile(kind, key, context);
    const kept = keepRows(kind.spec, again.table.columns, again.verdict);
    return encodeParquet(kind.spec, { ...kept, words: Object.fromEntries(again.table.words) });
  });
  return [parquet, arrow];
}

/** Stage changes of a run, date and shard. */
export function planTransitions(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  return planTable(TRANSITIONS_FILE, 'transitions', unit, context);
}

/** Scores of a run, date and shard, with the membership that lies row for row with them. */
export async function planScores(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const isMembership = (key: string) => key.includes('/membership/');
  const changes = await planTable(
    SCORES_FILE,
    'scores',
    { ...unit, keys: unit.keys.filter((key) => !isMembership(key)) },
    context,
  );
  const scores = changes.at(-1);
  const key = unit.keys.find(isMembership);
  if (!scores || key === undefined) return changes;
  const { table, verdict } = await judgeFile(SCORES_FILE, scores.key, context);
  const read = async () => readTable(MEMBERSHIP_FILE, await context.deps.lake.read(key), key);
  // Killed between the two: the membership is done already.
  if ((await read()).rows !== table.rows) return changes;
  const content = contentOf(async () => encodeKept(MEMBERSHIP_FILE, await read(), verdict));
  const membership: Change = { place: 'lake', key, kind: 'membership', action: 'rewrite', rows: verdict.touched, content };
  return [membership, ...changes];
}

/** Identifiers of a shard, as folded by a run. */
export function planIdentifiers(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  return planTable({ spec: IDENTIFIERS, version: IDENTIFIERS_VERSION }, 'identifiers', unit, context);
}

/**
 * Book and state of a shard: those of an earlier run that hold the customer are deleted whole, the tables that hold the id last.
 * CURRENT's may hold the id as somebody's referrer alone, which is emptied.
 */
export async function planBook(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const named = (table: string) => unit.keys.find((key) => key.endsWith(`/${table}.arrow`));
  const customers = named('customers');
  const pending = named('pending');
  const kinds = [
    [customers, { spec: CUSTOMERS, version: BOOK_VERSION }],
    [pending, { spec: PENDING, version: BOOK_VERSION }],
  ] as const;
  let touched = 0;
  for (const [key, kind] of kinds) {
    if (key !== undefined) touched += (await judgeFile(kind as TableKind<TableSpec>, key, context)).verdict.touched;
  }
  if (placeOf(unit.keys[0] as string).runId === context.current.runId) {
    return pending === undefined ? [] : planReferrers(pending, context);
  }
  if (touched === 0) return [];
  const last = [customers, pending].filter((key) => key !== undefined);
  const rest = unit.keys.filter((key) => !last.includes(key));
  return [...rest, ...last].map((key) => ({ place: 'lake', key, kind: 'book', action: 'delete' }));
}

async function planReferrers(key: string, { deps, erased }: CompactContext): Promise<readonly Change[]> {
  const kind = { spec: PENDING, version: BOOK_VERSION };
  const read = async () => {
    const table = readTable(kind, await deps.lake.read(key), key);
    const isGone = ({ requestedAt }: Erasure, row: number) => (table.columns.occurred_at[row] as number) <= requestedAt;
    return { table, verdict: judgeRows(erased, table, isGone) };
  };
  const { verdict } = await read();
  if (verdict.touched === 0) return [];
  const content = contentOf(async () => {
    const again = await read();
    return encodeKept(kind, again.table, again.verdict);
  });
  return [{ place: 'lake', key, kind: 'book', action: 'rewrite', rows: verdict.touched, content }];
}

/** A month of the index, which holds hashes alone: the entries of the customers whose rows were found, from before the erasure. */
export async function planIndexMonth(unit: Unit, { deps, customerHashes }: CompactContext): Promise<readonly Change[]> {
  const [key = ''] = unit.keys;
  if (customerHashes.size === 0) return [];
  const kind = { spec: INDEX, version: INDEX_VERSION };
  const hashes = new Map(customerHashes);
  const read = async () => {
    const table = readTable(kind, await deps.lake.read(key), key);
    const c = table.columns;
    const kept: number[] = [];
    for (let row = 0; row < table.rows; row++) {
      const knownOn = hashes.get(`${c.customer_hash_0[row]}-${c.customer_hash_1[row]}`);
      if (knownOn === undefined || (c.known_on[row] as number) >= knownOn) kept.push(row);
    }
    return { table, kept };
  };
  const { table, kept } = await read();
  if (kept.length === table.rows) return [];
  const content = contentOf(async () => {
    const again = await read();
    return encodeKept(kind, again.table, { kept: again.kept, blanked: new Set(), touched: 0 });
  });
  return [{ place: 'lake', key, kind: 'index', action: 'rewrite', rows: table.rows - kept.length, content }];
}
