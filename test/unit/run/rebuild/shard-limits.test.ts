import { expect, it } from 'vitest';
import { refuseOverfullShard } from '../../../../lib/run/rebuild/shard-limits.ts';
import { mayShare, sharingShards } from '../../../../lib/run/rebuild/shard-overlap.ts';

it('a shard is full at 2^20 customers and at 10 million indexed transactions', () => {
  const place = { shard: 3, shards: 4 };
  refuseOverfullShard(place, { customers: 1_048_576, indexed: 10_000_000 });
  expect(() => refuseOverfullShard(place, { customers: 1_048_577, indexed: 0 })).toThrow(
    'Shard 3 of 4: 1048577 customers, expected at most 1048576. Run `rebuild --shards 9`',
  );
  expect(() => refuseOverfullShard(place, { customers: 5, indexed: 15_000_000 })).toThrow(
    'Shard 3 of 4: 15000000 transactions of the last 400 days, expected at most 10000000. Run `rebuild --shards 12`',
  );
});

it.each([
  [4, 8],
  [8, 4],
  [3, 7],
  [6, 4],
  [1, 5],
  [5, 1],
])('%i and %i shards: exactly the shards that some hash falls into together', (a, b) => {
  const found = new Set<string>();
  for (let hash = 0; hash < a * b; hash++) found.add(`${hash % a} ${hash % b}`);
  for (let shard = 0; shard < a; shard++) {
    const expected = Array.from({ length: b }, (_, other) => other).filter((other) => found.has(`${shard} ${other}`));
    expect(sharingShards(b, { shard, shards: a })).toEqual(expected);
    for (const other of expected) expect(mayShare({ shard: other, shards: b }, { shard, shards: a })).toBe(true);
  }
});
