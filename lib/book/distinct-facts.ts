import type { ByteColumn } from '../arrow/columns.ts';
import { compareSources, hashIdentity, type IdentifiedTable } from './facts.ts';
import { IdentityMap } from './identity-map.ts';
import type { FactRow } from './night-facts.ts';

/** The facts of one feed and night, sorted out by their ids. */
export interface DistinctFacts<T> {
  /** Rows of all tables. */
  readonly rows: number;
  /** One fact per id that has one content only. */
  readonly lone: readonly FactRow<T>[];
  /** The different contents of each id that has several, ordered by file and line. */
  readonly rivals: readonly (readonly FactRow<T>[])[];
}

/** How facts of a feed are told apart. */
export interface FactKind<T> {
  /** The column of the id, unique within its customer. */
  readonly idsOf: (table: T) => ByteColumn;
  /** Hash of the content into `out[0..1]`. */
  readonly hashContent: (fact: FactRow<T>, out: Uint32Array) => void;
  /** True when the fact is to be left out. */
  readonly isDropped: (fact: FactRow<T>) => boolean;
  /** Told of every copy that is left out: same id, same content. */
  readonly onCopy: (fact: FactRow<T>) => void;
}

const id = new Uint32Array(4);
const content = new Uint32Array(4);

/**
 * Sorts out the facts of a night. Of equal copies the one with the lowest file and line is kept, so that the order of files and
 * rows does not matter.
 */
export function distinctFacts<T extends IdentifiedTable>(tables: readonly T[], kind: FactKind<T>): DistinctFacts<T> {
  const seen = new IdentityMap();
  const firsts: FactRow<T>[] = [];
  const groups = new Map<number, FactRow<T>[]>();
  let rows = 0;
  for (const table of tables) {
    const ids = kind.idsOf(table);
    for (let row = 0; row < table.rows; row++) {
      const fact = { table, row };
      rows++;
      if (kind.isDropped(fact)) continue;
      hashIdentity(fact, ids, id);
      const entry = seen.numberOf(id);
      if (entry === firsts.length) firsts.push(fact);
      else if (joinGroup(fact, entry, { firsts, groups, kind })) kind.onCopy(fact);
    }
  }
  const rivals = [...groups.values()].map((group) => group.sort(compareSources));
  return { rows, lone: firsts.filter((_, entry) => !groups.has(entry)), rivals };
}

/** @returns true when the fact is a copy of one that is known */
function joinGroup<T extends IdentifiedTable>(
  fact: FactRow<T>,
  entry: number,
  {
    firsts,
    groups,
    kind,
  }: { readonly firsts: FactRow<T>[]; readonly groups: Map<number, FactRow<T>[]>; readonly kind: FactKind<T> },
): boolean {
  const group = groups.get(entry) ?? [firsts[entry] as FactRow<T>];
  const twin = group.findIndex((other) => hasEqualContent(fact, other, kind));
  if (twin < 0) {
    group.push(fact);
    groups.set(entry, group);
    return false;
  }
  if (compareSources(fact, group[twin] as FactRow<T>) < 0) {
    group[twin] = fact;
    if (twin === 0) firsts[entry] = fact;
  }
  return true;
}

function hasEqualContent<T>(a: FactRow<T>, b: FactRow<T>, kind: FactKind<T>): boolean {
  kind.hashContent(a, content);
  const [first, second] = [content[0], content[1]];
  kind.hashContent(b, content);
  return content[0] === first && content[1] === second;
}
