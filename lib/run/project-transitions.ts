import { textAt } from '../arrow/columns.ts';
import type { TablePart } from '../arrow/merge-tables.ts';
import { CHANGE_KINDS, TRANSITIONS } from '../arrow/schemas.ts';
import { REASONS, STAGES } from '../lifecycle/words.ts';
import type { Item, Write } from '../store/tables.ts';
import { type BusinessDate, datesBetween, dayOf, formatDay } from '../time.ts';
import { type CommittedErasures, readCommittedErasures } from './committed-erasures.ts';
import type { RunDeps } from './deps.ts';
import { chainOf, type RunRecord } from './run-ledger.ts';
import { type ScoreFile, wordOf } from './score-files.ts';
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
  const erased = await readCommittedErasures(deps);
  let put = 0;
  for (const run of wanted) {
    if (settled.has(run.runId)) continue;
    const items = await readItems(deps, run, shard, erased);
    put += await deps.transitions.writeBatch(items.map((item): Write => ({ put: item })));
  }
  return put;
}

/**
 * Removes every transition item of the customers whom the committed run erased, those of a customer who began anew since not
 * included.
 *
 * @param shown scores of what the tables may show, each with its date @returns number of items removed
 */
export async function removeErasedTransitions(
  deps: RunDeps,
  shown: readonly { readonly to: BusinessDate; readonly scores: ScoreFile }[],
): Promise<number> {
  const erased = await readCommittedErasures(deps);
  let removed = 0;
  for (const { to, scores } of erased.size === 0 ? [] : shown) {
    const ids = scores.columns.customer_id;
    for (let row = 0; row < scores.rows; row++) {
      const erasure = erased.findRow(ids, row);
      if (!erasure || erasure.knownOn <= dayOf(to)) continue;
      removed += await removeBefore(deps, textAt(ids, row), formatDay(erasure.knownOn));
    }
  }
  return removed;
}

async function removeBefore(deps: RunDeps, customerId: string, date: string): Promise<number> {
  const writes: Write[] = [];
  for await (const { customer_id, happened } of deps.transitions.query({ customer_id: customerId })) {
    if (String(happened) < date) writes.push({ remove: { customer_id, happened } });
  }
  return deps.transitions.writeBatch(writes);
}

/** The transition items of a run and shard. */
async function readItems(deps: RunDeps, run: RunRecord, shard: number, erased?: CommittedErasures): Promise<Item[]> {
  const items: Item[] = [];
  for (const dt of datesBetween(run.from, run.to)) {
    const table = await findTransitions(deps, run, dt, shard);
    if (!table) continue;
    const kept = erased?.without(TRANSITIONS, table, table.columns.customer_id, dt) ?? table;
    for (const item of transitionItems(kept, dt)) items.push(item);
  }
  return items;
}

/** The items of a table of transitions of one date. `happened` sorts by date, then by order of happening. */
export function* transitionItems(table: TablePart<typeof TRANSITIONS>, dt: BusinessDate): Generator<Item> {
  const { rows, columns: c } = table;
  let [before, order] = ['', 0];
  for (let row = 0; row < rows; row++) {
    const customerId = textAt(c.customer_id, row);
    order = customerId === before ? order + 1 : 1;
    before = customerId;
    yield {
      customer_id: customerId,
      happened: `${dt}#${order}`,
      as_of: dt,
      from: wordOf(STAGES, c.from[row]),
      to: wordOf(STAGES, c.to[row]),
      kind: wordOf(CHANGE_KINDS, c.kind[row]),
      reason_code: wordOf(REASONS, c.reason_code[row]),
      evidence: textAt(c.evidence, row),
      rule_version: textAt(c.rule_version, row),
    };
  }
}
