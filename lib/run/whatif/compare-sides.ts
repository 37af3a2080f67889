import { compareRows } from '../../arrow/columns.ts';
import { STAGES, type Stage } from '../../lifecycle/words.ts';
import type { ScoreFile } from '../score-files.ts';
import { type Counts, membersAt, type ReplaySide } from './replay-figures.ts';

/** Customers who would stand elsewhere on the last date. */
export interface Moved {
  /** Those whose stage would be another one, by both, the most first. */
  readonly stages: readonly { readonly inForce: Stage; readonly whatIf: Stage; readonly customers: number }[];
  /** Members of a segment under both configurations, held out or not, by the id of the segment, where both have it. */
  readonly segmentsInBoth: Counts;
}

/** Compares two replays customer by customer. Whoever is known under one configuration alone is left out. */
export function compareSides(inForce: ReplaySide, whatIf: ReplaySide): Moved {
  const pairs = STAGES.map(() => STAGES.map(() => 0));
  const inBoth: Record<string, number> = {};
  for (const [shard, a] of inForce.scores.entries()) {
    const b = whatIf.scores[shard] as ScoreFile;
    const shared = a.segments
      .filter((id) => b.segments.includes(id))
      .map((id) => ({ id, a: a.segments.indexOf(id), b: b.segments.indexOf(id) }));
    for (const { id } of shared) inBoth[id] ??= 0;
    for (const [i, j] of sameCustomers(a, b)) {
      const row = pairs[a.columns.stage[i] as number] as number[];
      (row[b.columns.stage[j] as number] as number) += 1;
      const [x, y] = [membersAt(a, i), membersAt(b, j)];
      for (const segment of shared) (inBoth[segment.id] as number) += (x >>> segment.a) & (y >>> segment.b) & 1;
    }
  }
  const stages = pairs.flatMap((row, from) =>
    row.flatMap((customers, to) =>
      from === to || customers === 0 ? [] : [{ inForce: STAGES[from] as Stage, whatIf: STAGES[to] as Stage, customers }],
    ),
  );
  return { stages: stages.sort((a, b) => b.customers - a.customers), segmentsInBoth: inBoth };
}

/** Rows of the customers that both files have; both are ordered by customer id. */
function* sameCustomers(a: ScoreFile, b: ScoreFile): Generator<readonly [number, number]> {
  for (let i = 0, j = 0; i < a.rows && j < b.rows; ) {
    const order = compareRows(a.columns.customer_id, i, b.columns.customer_id, j);
    if (order === 0) yield [i, j];
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
}
