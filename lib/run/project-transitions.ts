import { textAt } from '../arrow/columns.ts';
import { CHANGE_KINDS } from '../arrow/schemas.ts';
import { REASONS, STAGES } from '../lifecycle/words.ts';
import type { Item, Write } from '../store/tables.ts';
import { datesBetween } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { chainOf, type RunRecord } from './run-ledger.ts';
import { wordOf } from './score-files.ts';
import { findTransitions } from './transition-files.ts';

/**
 * Makes the transition items of a shard those of the committed chain: items of runs that left it are removed, items of runs that
 * the table may lack are put.
 *
 * @param shown runs that the table may show, '' for none; the first is shown whole
 * @returns number of items put
 */
export async function projectTransitions(
  deps: RunDeps,
  target: RunRecord,
  shard: number,
  shown: readonly string[],
): Promise<number> {
  const wanted = await chainOf(deps, target.runId);
  const chains = await Promise.all(shown.filter((runId) => runId !== '').map((runId) => chainOf(deps, runId)));
  const isWanted = new Set(wanted.map(({ runId }) => runId));
  const settled = new Set((shown[0] ? (chains[0] ?? []) : []).map(({ runId }) => runId));
  const left = new Map(chains.flat().map((run) => [run.runId, run]));
  for (const run of left.values()) {
    if (isWanted.has(run.runId)) continue;
    const items = await readItems(deps, run, shard);
    await deps.transitions.writeBatch(items.map(({ customer_id, happened }): Write => ({ remove: { customer_id, happened } })));
  }
  let put = 0;
  for (const run of wanted) {
    if (settled.has(run.runId)) continue;
    const items = await readItems(deps, run, shard);
    put += await deps.transitions.writeBatch(items.map((item): Write => ({ put: item })));
  }
  return put;
}

/** The transition items of a run and shard. `happened` sorts by date, then by order of happening. */
async function readItems(deps: RunDeps, run: RunRecord, shard: number): Promise<Item[]> {
  const items: Item[] = [];
  for (const dt of datesBetween(run.from, run.to)) {
    const table = await findTransitions(deps, run, dt, shard);
    if (!table) continue;
    const { rows, columns: c } = table;
    let [before, order] = ['', 0];
    for (let row = 0; row < rows; row++) {
      const customerId = textAt(c.customer_id, row);
      order = customerId === before ? order + 1 : 1;
      before = customerId;
      items.push({
        customer_id: customerId,
        happened: `${dt}#${order}`,
        as_of: dt,
        from: wordOf(STAGES, c.from[row]),
        to: wordOf(STAGES, c.to[row]),
        kind: wordOf(CHANGE_KINDS, c.kind[row]),
        reason_code: wordOf(REASONS, c.reason_code[row]),
        evidence: textAt(c.evidence, row),
        rule_version: textAt(c.rule_version, row),
      });
    }
  }
  return items;
}
