import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteColumnOf, textAt } from '../../../lib/arrow/columns.ts';
import { listMembers, type MemberRef, type ShardMembers } from '../../../lib/export/member-lists.ts';
import { shardOf } from '../../../lib/ledger/id-hash.ts';

type Membership = Record<string, boolean>;

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The shards of a date: every known id, and whether it belongs. */
function shardsOf(membership: Membership, shards: number): ShardMembers[] {
  return Array.from({ length: shards }, (_, shard) => {
    const own = Object.keys(membership).filter((id) => shardOf(Buffer.from(id), 0, Buffer.byteLength(id), shards) === shard);
    own.sort(byBytes);
    return { rows: own.length, ids: byteColumnOf(own), isMember: (row) => membership[own[row] as string] === true };
  });
}

const membership = fc.dictionary(
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '客', '😀', '\uFFFD'), minLength: 1, maxLength: 3 }),
  fc.boolean(),
);

describe('listMembers', () => {
  it('lists who belongs, came and went, in byte order, whatever the number of shards', () => {
    fc.assert(
      fc.property(membership, membership, fc.constantFrom(1, 2, 7), (now, before, shards) => {
        const [current, former] = [shardsOf(now, shards), shardsOf(before, shards)];
        const { full, entered, exited } = listMembers(current, former);
        const idOf = ({ shard, row, isFormer }: MemberRef) =>
          textAt(((isFormer ? former : current)[shard] as ShardMembers).ids, row);
        const [members, were] = [now, before].map((one) => new Set(Object.keys(one).filter((id) => one[id]))) as [
          Set<string>,
          Set<string>,
        ];
        expect(full.map(idOf)).toEqual([...members].sort(byBytes));
        expect(entered.map(idOf)).toEqual([...members].filter((id) => !were.has(id)).sort(byBytes));
        expect(exited.map(idOf)).toEqual([...were].filter((id) => !members.has(id)).sort(byBytes));
        expect(exited.every((ref) => ref.isFormer === !(idOf(ref) in now))).toBe(true);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('takes everybody as entered when nothing was published before', () => {
    const now = shardsOf({ a: true, b: true, c: false }, 2);
    const { full, entered, exited } = listMembers(now, []);
    expect([full.length, entered.length, exited.length]).toEqual([2, 2, 0]);
  });
});
