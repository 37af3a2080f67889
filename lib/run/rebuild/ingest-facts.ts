import type { TableSpec } from '../../arrow/columns.ts';
import { CUSTOMER_LEDGER, IDENTIFIER_LEDGER, INTERACTION_LEDGER, LEDGER } from '../../arrow/schemas.ts';
import { hashJson } from '../../config/load.ts';
import { ContractMismatchError } from '../../errors.ts';
import { type Feed, lakeKeys } from '../../keys.ts';
import { repartition } from '../../ledger/repartition.ts';
import type { RunDeps } from '../deps.ts';
import { readJson } from '../json-objects.ts';
import {
  completeLedgerList,
  type LedgerList,
  type LedgerSource,
  type PinnedFile,
  type RunPlan,
  type ShardFile,
} from '../plan.ts';
import { sumOf } from '../sum.ts';

/** Ledger of each feed whose facts belong to shards. */
const SPECS: Readonly<Partial<Record<Feed, TableSpec>>> = {
  transactions: LEDGER,
  interactions: INTERACTION_LEDGER,
  customers: CUSTOMER_LEDGER,
};

/** Facts that are held at once: a source with more is taken in parts. */
const ROWS_AT_ONCE = 1_000_000;

/**
 * Takes the facts of a source from the ledger of the former generation into that of a new one, dealt out to its shards anew. What
 * the source was, and what of it was refused, stays as it is; tombstones lie beside all generations and stay where they are.
 *
 * The same source gives the same bytes under the same keys.
 */
export async function ingestFacts(file: PinnedFile, plan: RunPlan, deps: RunDeps): Promise<LedgerSource> {
  const list = completeLedgerList(await readJson<LedgerList>(deps.lake, file.ledgerList as string));
  const source = list.sources.find(({ feed, key, sha256 }) => feed === file.feed && key === file.key && sha256 === file.sha256);
  if (!source) {
    throw new ContractMismatchError(
      `Ledger list ${file.ledgerList}: no source ${file.key}, expected the one that the plan names. Restore the list, or run again.`,
    );
  }
  if (source.feed === 'erasures') return source;
  const name = hashJson({ file: source.sha256, key: source.key, list: file.ledgerList, shards: plan.shards }).slice(0, 32);
  const move: Move = { file, plan, deps, name };
  if (source.feed === 'rates') return { ...source, shared: await copyShared(source, move) };
  const spec = SPECS[source.feed] as TableSpec;
  const files = await moveFiles(move, source.files, spec, lakeKeys.ledgerFile);
  const identifiers = await moveFiles(move, source.identifiers, IDENTIFIER_LEDGER, lakeKeys.identifierLedger);
  return { ...source, ...rowsLeft(source, files), files, identifiers };
}

/** Rows of the source less those that `compact` took out of its ledger since the list was written. */
function rowsLeft(source: LedgerSource, files: readonly ShardFile[]): Pick<LedgerSource, 'rows' | 'accepted'> {
  const gone = sumOf(source.files, ({ rows }) => rows) - sumOf(files, ({ rows }) => rows);
  return { rows: source.rows - gone, accepted: source.accepted - gone };
}

interface Move {
  readonly file: PinnedFile;
  readonly plan: RunPlan;
  readonly deps: RunDeps;
  /** Name of the files written, without the number of the part. */
  readonly name: string;
}

async function copyShared({ shared }: LedgerSource, { file, plan, deps, name }: Move): Promise<string> {
  if (shared === '') return '';
  const key = lakeKeys.ledgerShared(plan.generation, file.knownOn, 'rates', name);
  await deps.lake.create(key, await deps.lake.read(shared));
  return key;
}

async function moveFiles(
  { file, plan, deps, name }: Move,
  files: readonly ShardFile[],
  spec: TableSpec,
  keyOf: typeof lakeKeys.ledgerFile,
): Promise<ShardFile[]> {
  const moved: ShardFile[] = [];
  for (const [part, group] of inParts(files).entries()) {
    const parts = await Promise.all(group.map(async ({ key }) => ({ bytes: await deps.lake.read(key), where: key })));
    for (const { shard, rows, bytes } of repartition(spec, parts, plan.shards)) {
      const key = keyOf(plan.generation, file.knownOn, shard, part === 0 ? name : `${name}-${part}`);
      await deps.lake.create(key, bytes);
      moved.push({ shard, key, rows });
    }
  }
  return moved.sort((a, b) => a.shard - b.shard);
}

/** Files in groups of bounded size. */
function inParts(files: readonly ShardFile[]): ShardFile[][] {
  const parts: ShardFile[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const file of files) {
    if (filled + file.rows > ROWS_AT_ONCE) {
      parts.push([]);
      filled = 0;
    }
    parts.at(-1)?.push(file);
    filled += file.rows;
  }
  return parts;
}
