import { describe, expect, it } from 'vitest';
import { murmur128, shardOf } from '../../../lib/ledger/id-hash.ts';

/** Hashes of the first 0 .. 17 letters of the alphabet, seed 42, by the reference implementation; four words as %08x. */
const PUBLISHED = [
  'af6d2cb695c80cba95c80cba95c80cba',
  '517b4f5294460fc694460fc694460fc6',
  'd33999e782bc5a6482bc5a6482bc5a64',
  '5bcf0fbe8741bbe98741bbe98741bbe9',
  'c4c3e662b5ddd2d4b5ddd2d4b5ddd2d4',
  '583d8e9f09f0e63bdeafe2a7deafe2a7',
  '3ada56af86a9117fc9691239c9691239',
  '218d97b71193f6fdc329021bc329021b',
  '8fa25d73b472606cf78bb83df78bb83d',
  'c60274fd18290c7b31b946394f400945',
  '23b100e2f1bd6c112f11c76006b33df5',
  '448e8960feceebcd6d663eb45db70807',
  'ff5d9f50359b8f2b78e3adc2d06ada6f',
  '25036234c48a898eb4c5c204abd0e578',
  'b1f90bc49816df7620a41ad8fae8f74d',
  'f39f4b16e6e96a2c449b40824267d2a5',
  '3a3ab14e9feddf15d15afd29e6975eb0',
  'b3ea3c14eeb9e95201ac8ed27abb486e',
];

const out = new Uint32Array(4);
const hex = () => [...out].map((word) => word.toString(16).padStart(8, '0')).join('');

describe('murmur128', () => {
  it('gives the published hashes for every length of the rest', () => {
    PUBLISHED.forEach((hash, length) => {
      const bytes = Buffer.from(`[${'abcdefghijklmnopqrstuv'.slice(0, length)}]`);
      murmur128(bytes, 1, 1 + length, 42, out);
      expect(hex()).toBe(hash);
    });
  });

  it('reads bytes above 127 as unsigned, and nothing outside the range', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => 255 - i);
    murmur128(bytes, 3, 22, 0, out);
    const whole = hex();
    murmur128(bytes.slice(3, 22), 0, 19, 0, out);
    expect(hex()).toBe(whole);
    murmur128(bytes, 3, 23, 0, out);
    expect(hex()).not.toBe(whole);
  });
});

describe('shardOf', () => {
  it('gives every customer one shard, and every shard its share', () => {
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 7000; i++) {
      const id = Buffer.from(`customer-${i}`);
      const shard = shardOf(id, 0, id.length, 7);
      expect(shardOf(Buffer.concat([Buffer.from('xx'), id]), 2, id.length + 2, 7)).toBe(shard);
      (counts[shard] as number) += 1;
      expect(shardOf(id, 0, id.length, 1)).toBe(0);
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});
