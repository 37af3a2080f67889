/** A shard, and how many there are. */
export interface ShardOf {
  readonly shard: number;
  readonly shards: number;
}

/**
 * True when a customer can lie in both shards: a shard is the hash of the id modulo the number of shards, so that both remainders
 * must agree modulo what the two numbers have in common.
 */
export function mayShare(a: ShardOf, b: ShardOf): boolean {
  const common = commonDivisor(a.shards, b.shards);
  return a.shard % common === b.shard % common;
}

/** Shards of another number of shards in which customers of a shard can lie, ascending. */
export function sharingShards(shards: number, place: ShardOf): number[] {
  return Array.from({ length: shards }, (_, shard) => shard).filter((shard) => mayShare({ shard, shards }, place));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
