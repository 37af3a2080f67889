import { INDEX, INDEX_VERSION } from '../../arrow/schemas.ts';
import { decodeTable } from '../../arrow/table-file.ts';
import { ConfigError } from '../../errors.ts';
import type { RunDeps } from '../deps.ts';
import type { FoldReceipt } from '../receipts.ts';
import type { ShardOf } from './shard-overlap.ts';

/** Customers of a shard at the most, 2^20: what one function holds in memory (bench/RESULTS.md). */
const MAX_CUSTOMERS = 1_048_576;

/** Transactions at the most that the index of a shard remembers. */
const MAX_INDEXED = 10_000_000;

/** @throws ConfigError when a shard holds more than one function is made for */
export function refuseOverfullShard(
  { shard, shards }: ShardOf,
  { customers, indexed }: { readonly customers: number; readonly indexed: number },
): void {
  const share = Math.max(customers / MAX_CUSTOMERS, indexed / MAX_INDEXED);
  if (share <= 1) return;
  const [found, most] =
    customers > MAX_CUSTOMERS
      ? [`${customers} customers`, MAX_CUSTOMERS]
      : [`${indexed} transactions of the last 400 days`, MAX_INDEXED];
  // Room to grow: the shards are half full afterwards.
  const advised = Math.ceil(shards * share * 2);
  throw new ConfigError(
    `Shard ${shard} of ${shards}: ${found}, expected at most ${most}. Run \`rebuild --shards ${advised}\` up to the last committed date, then this date again; on a new home set "shards" to ${advised}.`,
  );
}

/**
 * Rows of every remembered month of a shard's index.
 *
 * @param keys where each month lies now @param written rows of the months that the run wrote @param former what the base run told
 */
export async function indexedRows(
  deps: RunDeps,
  keys: Readonly<Record<string, string>>,
  written: Readonly<Record<string, number>>,
  former: FoldReceipt | undefined,
): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const [month, key] of Object.entries(keys)) {
    const told = written[month] ?? (former?.index[month] === key ? former.indexRows?.[month] : undefined);
    // A receipt that is no longer kept, or of the first version: the file tells.
    rows[month] = told ?? decodeTable(INDEX, await deps.lake.read(key), key, INDEX_VERSION, { only: [] }).rows;
  }
  return rows;
}
