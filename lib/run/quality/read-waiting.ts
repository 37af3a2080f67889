import { textAt } from '../../arrow/columns.ts';
import { BOOK_VERSION, PENDING, PENDING_REASONS } from '../../arrow/schemas.ts';
import { decodeTable } from '../../arrow/table-file.ts';
import { lakeKeys } from '../../keys.ts';
import { currencyOfNumber } from '../../money.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import { type BusinessDate, type EpochDay, formatDay } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import type { RunPlan } from '../plan.ts';

/** Small objects that are read together. */
const READERS = 16;

/** What waits at the end of a run. */
export interface Waiting {
  /** Refunds and voids whose original nobody knows, by the night on which they became known. */
  readonly orphans: ReadonlyMap<BusinessDate, number>;
  /** Facts without a rate, by ISO 4217. */
  readonly missingRates: ReadonlyMap<string, number>;
}

/** Counts the facts that wait at the end of a run. An original that waits itself is known. */
export async function readWaiting(deps: RunDeps, { generation, to, runId, shards }: RunPlan, base: string): Promise<Waiting> {
  const [orphan, missingRate] = [PENDING_REASONS.indexOf('ORPHAN'), PENDING_REASONS.indexOf('MISSING_RATE')];
  const orphans = new Map<BusinessDate, number>();
  const missingRates = new Map<string, number>();
  await eachConcurrently(Array(shards).keys(), READERS, async (shard) => {
    const key = lakeKeys.book({ generation, dt: to, runId, shard }, 'pending');
    const { rows, columns: c } = decodeTable(PENDING, await deps.lake.read(key), key, BOOK_VERSION);
    const nameOf = (row: number, id: 'transaction_id' | 'original_transaction_id') =>
      JSON.stringify([textAt(c.customer_id, row), textAt(c[id], row)]);
    const known = new Set(Array.from({ length: rows }, (_, row) => nameOf(row, 'transaction_id')));
    for (let row = 0; row < rows; row++) {
      if (c.reason[row] === missingRate) count(missingRates, currencyOfNumber(c.currency[row] as number, base));
      if (c.reason[row] !== orphan || known.has(nameOf(row, 'original_transaction_id'))) continue;
      count(orphans, formatDay(c.known_on[row] as EpochDay));
    }
  });
  return { orphans, missingRates };
}

const count = <K>(sums: Map<K, number>, name: K) => sums.set(name, (sums.get(name) ?? 0) + 1);
