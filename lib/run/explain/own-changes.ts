import { TRANSITIONS, TRANSITIONS_VERSION } from '../../arrow/schemas.ts';
import { selectRows } from '../../arrow/select-rows.ts';
import { decodeTable } from '../../arrow/table-file.ts';
import { tableRows } from '../../arrow/table-rows.ts';
import { lakeKeys } from '../../keys.ts';
import type { ToldEvidence } from '../../lifecycle/change-sentences.ts';
import type { Reason, Stage } from '../../lifecycle/words.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import type { BusinessDate } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import type { RunRecord } from '../run-ledger.ts';
import { sortedRowsOf } from './find-row.ts';
import type { Wanted } from './own-facts.ts';

/** Nights whose files are read together. */
const NIGHTS_AT_ONCE = 16;

/** A stage change of one customer, as it is stored. */
export interface OwnChange {
  readonly asOf: BusinessDate;
  readonly from: Stage | null;
  readonly to: Stage;
  readonly kind: 'transition' | 'restated';
  readonly reason: Reason;
  readonly evidence: ToldEvidence & Readonly<Record<string, unknown>>;
  readonly ruleVersion: string;
}

/**
 * The stage changes of one customer on some committed nights, in the order in which they happened.
 *
 * @param nights each with the run that covers it, ascending @param onNight told after each night that was read
 * Cost: a file per night with changes; the customer's rows are found by halves.
 */
export async function readOwnChanges(
  deps: RunDeps,
  { id, shard }: Wanted,
  nights: readonly { readonly run: RunRecord; readonly date: BusinessDate }[],
  onNight: () => void,
): Promise<OwnChange[]> {
  const found: OwnChange[][] = nights.map(() => []);
  await eachConcurrently(nights.entries(), NIGHTS_AT_ONCE, async ([place, { run, date }]) => {
    const { generation, runId } = run;
    const key = lakeKeys.result('transitions', { generation, dt: date, runId, shard });
    const bytes = await deps.lake.get(key);
    if (bytes) found[place] = changesIn(bytes, key, id);
    onNight();
  });
  return found.flat();
}

function changesIn(bytes: Uint8Array, key: string, id: Uint8Array): OwnChange[] {
  const ids = decodeTable(TRANSITIONS, bytes, key, TRANSITIONS_VERSION, { only: ['customer_id'] });
  const [first, end] = sortedRowsOf(ids.columns.customer_id, ids.rows, id);
  if (first === end) return [];
  const { columns } = decodeTable(TRANSITIONS, bytes, key, TRANSITIONS_VERSION);
  const own = selectRows(
    TRANSITIONS,
    columns,
    Array.from({ length: end - first }, (_, i) => first + i),
  );
  return Array.from(tableRows(TRANSITIONS, own.rows, own.columns), ([, asOf, from, to, kind, reason, evidence, ruleVersion]) => ({
    asOf: asOf as BusinessDate,
    from: from as Stage | null,
    to: to as Stage,
    kind: kind as OwnChange['kind'],
    reason: reason as Reason,
    evidence: JSON.parse(evidence as string) as OwnChange['evidence'],
    ruleVersion: ruleVersion as string,
  }));
}
