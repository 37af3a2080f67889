/**
 * MurmurHash3 x86 128-bit of a byte range. Not for secrets: it spreads ids over shards and stands for ids in the index.
 *
 * Source: Austin Appleby, MurmurHash3 (public domain description); checked against its published vectors in
 * test/unit/ledger/id-hash.test.ts. At 96 bits, 10 million ids collide with a probability of about 6e-16.
 * @param out four words, overwritten; the hash in little-endian order
 */
export function murmur128(bytes: Uint8Array, start: number, end: number, seed: number, out: Uint32Array): void {
  let h1 = seed;
  let h2 = seed;
  let h3 = seed;
  let h4 = seed;
  const length = end - start;
  const blocks = start + (length & ~15);
  for (let i = start; i < blocks; i += 16) {
    h1 ^= Math.imul(rotl(Math.imul(word(bytes, i), C1), 15), C2);
    h1 = (Math.imul(rotl(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotl(Math.imul(word(bytes, i + 4), C2), 16), C3);
    h2 = (Math.imul(rotl(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotl(Math.imul(word(bytes, i + 8), C3), 17), C4);
    h3 = (Math.imul(rotl(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotl(Math.imul(word(bytes, i + 12), C4), 18), C1);
    h4 = (Math.imul(rotl(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const rest = end - blocks;
  if (rest > 12) h4 ^= Math.imul(rotl(Math.imul(tail(bytes, blocks + 12, end), C4), 18), C1);
  if (rest > 8) h3 ^= Math.imul(rotl(Math.imul(tail(bytes, blocks + 8, end), C3), 17), C4);
  if (rest > 4) h2 ^= Math.imul(rotl(Math.imul(tail(bytes, blocks + 4, end), C2), 16), C3);
  if (rest > 0) h1 ^= Math.imul(rotl(Math.imul(tail(bytes, blocks, end), C1), 15), C2);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finalise(h1);
  h2 = finalise(h2);
  h3 = finalise(h3);
  h4 = finalise(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotl = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

const word = (bytes: Uint8Array, i: number) =>
  (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);

/** Up to four bytes before `end`, little-endian. */
function tail(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let i = Math.min(from + 4, end) - 1; i >= from; i--) value = (value << 8) | (bytes[i] as number);
  return value;
}

function finalise(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const scratch = new Uint32Array(4);

/** Shard of a customer: the first word of the id's hash modulo the number of shards. */
export function shardOf(bytes: Uint8Array, start: number, end: number, shards: number): number {
  if (shards === 1) return 0;
  murmur128(bytes, start, end, 0, scratch);
  return (scratch[0] as number) % shards;
}
