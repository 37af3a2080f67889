import { createHmac } from 'node:crypto';
import { murmur128 } from './id-hash.ts';

/** Buckets of customers: 16 bits. */
const BUCKETS = 65_536;

/** Seed of the plain hash: not that of shards, so that the customers of one shard spread over all buckets. */
const BUCKET_SEED = 5;

const words = new Uint32Array(4);

/** Bucket of a customer id, the bytes `[start, end)`: 16 bits of a plain hash, 0 <= bucket < 65536. */
export function customerBucket(bytes: Uint8Array, start: number, end: number): number {
  murmur128(bytes, start, end, BUCKET_SEED, words);
  return (words[0] as number) % BUCKETS;
}

/** Keyed hash that stands for an erased customer: HMAC-SHA256 of the id's bytes `[start, end)`, 64 hex digits. About 3 us. */
export function customerKey(secret: Uint8Array, bytes: Uint8Array, start: number, end: number): string {
  return createHmac('sha256', secret).update(bytes.subarray(start, end)).digest('hex');
}
