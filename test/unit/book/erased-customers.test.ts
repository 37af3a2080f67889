import { describe, expect, it } from 'vitest';
import { ErasedCustomers } from '../../../lib/book/erased-customers.ts';
import { ContractMismatchError } from '../../../lib/errors.ts';
import { customerBucket, customerKey } from '../../../lib/ledger/customer-key.ts';

const secret = new Uint8Array(32).fill(7);
const within = (id: string): [Uint8Array, number, number] => [Buffer.from(`<<${id}>>`), 2, 2 + Buffer.byteLength(id)];
const tombstone = (id: string, requestedAt: number, knownOn: number) => ({
  key: customerKey(secret, ...within(id)),
  bucket: customerBucket(...within(id)),
  requestedAt,
  knownOn,
});

describe('ErasedCustomers', () => {
  it('finds the erasure of a customer, and none of others', () => {
    const erased = new ErasedCustomers(secret);
    expect(erased.find(...within('a'))).toBeUndefined();
    expect(erased.add(tombstone('a', 1000, 1))).toBe(true);
    expect(erased.find(...within('a'))).toMatchObject({ requestedAt: 1000, knownOn: 1 });
    expect(erased.find(...within('b'))).toBeUndefined();
  });

  it('takes the latest of several erasures of one customer; one that asks for nothing later changes nothing', () => {
    const erased = new ErasedCustomers(secret);
    expect([1000, 3000, 2000, 3000].map((at, night) => erased.add(tombstone('a', at, night)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([erased.size, erased.find(...within('a'))]).toMatchObject([1, { requestedAt: 3000, knownOn: 1 }]);
  });

  it('is not fooled by another customer of the same bucket', () => {
    const bucket = customerBucket(...within('a'));
    let twin = '';
    for (let i = 0; twin === ''; i++) if (customerBucket(...within(`t${i}`)) === bucket) twin = `t${i}`;
    const erased = new ErasedCustomers(secret);
    erased.add(tombstone('a', 1000, 1));
    expect(erased.find(...within(twin))).toBeUndefined();
  });

  it('comes back from its table', () => {
    const erased = new ErasedCustomers(secret);
    for (const [id, at, night] of [
      ['b', 5, 2],
      ['a', 1000, 1],
      ['b', 9, 3],
    ] as const)
      erased.add(tombstone(id, at, night));
    const { rows, columns } = erased.table();
    const again = new ErasedCustomers(secret);
    again.load(columns, rows);
    expect([...columns.known_on]).toEqual([1, 2, 3]);
    expect(again.find(...within('b'))).toMatchObject({ requestedAt: 9, knownOn: 3 });
    expect(again.table()).toEqual({ rows, columns });
  });

  it('refuses to guess without the secret', () => {
    const erased = new ErasedCustomers(undefined);
    erased.add(tombstone('a', 1000, 1));
    expect(() => erased.find(...within('a'))).toThrow(ContractMismatchError);
  });
});
