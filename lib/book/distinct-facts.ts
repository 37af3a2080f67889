import type { EpochDay } from '../time.ts';
import { compareSources, type Fact, type FactTable, hashContent, hashIdentity } from './facts.ts';
import { TransactionIndex } from './transaction-index.ts';

/** The facts of one night, sorted out by their ids. */
export interface DistinctFacts {
  /** Rows of all tables. */
  readonly rows: number;
  /** Copies that were dropped: same id, same content. */
  readonly duplicates: number;
  /** One fact per id that has one content only. */
  readonly lone: readonly Fact[];
  /** The different contents of each id that has several, ordered by file and line. */
  readonly rivals: readonly (readonly Fact[])[];
}

const id = new Uint32Array(4);
const content = new Uint32Array(4);
const none = new Uint32Array(4);

/**
 * Sorts out the facts of a night. Of equal copies the one with the lowest file and line is kept, so that the order of files and
 * rows does not matter.
 */
export function distinctFacts(tables: readonly FactTable[], night: EpochDay): DistinctFacts {
  const seen = new TransactionIndex();
  const firsts: Fact[] = [];
  const groups = new Map<number, Fact[]>();
  let [rows, duplicates] = [0, 0];
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) {
      const fact = { table, row };
      rows++;
      hashIdentity(fact, table.columns.transaction_id, id);
      const entry = seen.find(id, night);
      if (entry < 0) {
        seen.add(id, none, none, { knownOn: night, day: 0, amountMinor: 0, remainingMinor: 0, state: 'sale' });
        firsts.push(fact);
      } else if (joinGroup(fact, entry, firsts, groups)) duplicates++;
    }
  }
  const rivals = [...groups.values()].map((group) => group.sort(compareSources));
  return { rows, duplicates, lone: firsts.filter((_, entry) => !groups.has(entry)), rivals };
}

/** @returns true when the fact is a copy of one that is known */
function joinGroup(fact: Fact, entry: number, firsts: Fact[], groups: Map<number, Fact[]>): boolean {
  const group = groups.get(entry) ?? [firsts[entry] as Fact];
  const twin = group.findIndex((other) => hasEqualContent(fact, other));
  if (twin < 0) {
    group.push(fact);
    groups.set(entry, group);
    return false;
  }
  if (compareSources(fact, group[twin] as Fact) < 0) {
    group[twin] = fact;
    if (twin === 0) firsts[entry] = fact;
  }
  return true;
}

function hasEqualContent(a: Fact, b: Fact): boolean {
  hashContent(a, content);
  const [first, second] = [content[0], content[1]];
  hashContent(b, content);
  return content[0] === first && content[1] === second;
}
