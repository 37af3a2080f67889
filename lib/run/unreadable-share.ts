import type { RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readPlan } from './plan.ts';
import { rowsOf } from './quality/read-inputs.ts';
import { readReceipts } from './receipts.ts';

/** Unreadable rows over all rows that a run read, 0 to 1; 0 when it read none. For a run that ends before close-run counts. */
export async function unreadableShare({ runId }: RunRef, deps: RunDeps): Promise<number> {
  const plan = await readPlan(deps, runId);
  const { rows, malformed } = rowsOf((await readReceipts(deps, plan, 'ingest-drop')).flatMap(({ sources }) => sources));
  return rows === 0 ? 0 : malformed / rows;
}
