import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { customerBucket, customerKey } from '../../../lib/ledger/customer-key.ts';

const secret = new Uint8Array(32).fill(7);
const bytesOf = (id: string) => Buffer.from(`<<${id}>>`);
const within = (id: string): [Uint8Array, number, number] => [bytesOf(id), 2, 2 + Buffer.byteLength(id)];

describe('customerKey', () => {
  it('is the HMAC-SHA256 of the bytes of the id alone, in hex', () => {
    expect(customerKey(secret, ...within('客-1'))).toBe(createHmac('sha256', secret).update('客-1').digest('hex'));
  });

  it('differs by secret', () => {
    expect(customerKey(new Uint8Array(32), ...within('a'))).not.toBe(customerKey(secret, ...within('a')));
  });
});

describe('customerBucket', () => {
  it('spreads ids over 16 bits', () => {
    const buckets = Array.from({ length: 2000 }, (_, i) => customerBucket(...within(`c${i}`)));
    expect(Math.max(...buckets)).toBeLessThan(65_536);
    expect(new Set(buckets).size).toBeGreaterThan(1900);
  });
});
