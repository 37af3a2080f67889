import { type ByteColumn, compareRows } from '../arrow/columns.ts';

/** One shard's customers on a date: ids in byte order, and whether each belongs to the segment. */
export interface ShardMembers {
  readonly rows: number;
  readonly ids: ByteColumn;
  readonly isMember: (row: number) => boolean;
}

/** A customer of a shard: of the table of now, or of the one before when there is none now. */
export interface MemberRef {
  readonly shard: number;
  readonly row: number;
  readonly isFormer: boolean;
}

/** Who belongs to a segment, who came and who went since the date before; each in byte order of ids across shards. */
export interface MemberLists {
  readonly full: readonly MemberRef[];
  readonly entered: readonly MemberRef[];
  readonly exited: readonly MemberRef[];
}

/**
 * Compares a segment's members of two dates, shard by shard, and merges the shards.
 *
 * @param now by shard @param before by shard; empty when nothing was published before
 */
export function listMembers(now: readonly ShardMembers[], before: readonly ShardMembers[]): MemberLists {
  const parts = now.map((shard, i) => compareShard(i, shard, before[i]));
  const idOf = (ref: MemberRef): [ByteColumn, number] => [
    ((ref.isFormer ? before : now)[ref.shard] as ShardMembers).ids,
    ref.row,
  ];
  const merge = (role: keyof MemberLists) =>
    parts
      .flatMap((part) => part[role])
      .sort((a, b) => {
        const [ids, row] = idOf(a);
        return compareRows(ids, row, ...idOf(b));
      });
  return { full: merge('full'), entered: merge('entered'), exited: merge('exited') };
}

function compareShard(
  shard: number,
  now: ShardMembers,
  before: ShardMembers | undefined,
): Record<keyof MemberLists, MemberRef[]> {
  const lists: Record<keyof MemberLists, MemberRef[]> = { full: [], entered: [], exited: [] };
  let [row, former] = [0, 0];
  const formerRows = before?.rows ?? 0;
  while (row < now.rows || former < formerRows) {
    const order = compareHeads(now, row, before, former);
    const isMember = order <= 0 && now.isMember(row);
    const wasMember = order >= 0 && (before as ShardMembers).isMember(former);
    if (isMember) lists.full.push({ shard, row, isFormer: false });
    if (isMember && !wasMember) lists.entered.push({ shard, row, isFormer: false });
    if (wasMember && !isMember)
      lists.exited.push(order === 0 ? { shard, row, isFormer: false } : { shard, row: former, isFormer: true });
    if (order <= 0) row++;
    if (order >= 0) former++;
  }
  return lists;
}

function compareHeads(now: ShardMembers, row: number, before: ShardMembers | undefined, former: number): number {
  if (!before || former >= before.rows) return -1;
  if (row >= now.rows) return 1;
  return compareRows(now.ids, row, before.ids, former);
}
