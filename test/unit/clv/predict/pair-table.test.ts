import { describe, expect, it } from 'vitest';
import { PairTable } from '../../../../lib/clv/predict/pair-table.ts';

/** A table of two numbers that tell their pair, and how often it computed one. */
function tableOfPairs() {
  let filled = 0;
  const table = new PairTable(2, (x, day, out, at) => {
    filled++;
    out[at] = x + 1;
    out[at + 1] = day;
  });
  const read = (x: number, day: number) => {
    const found = table.find(x, day);
    return [found[table.at], found[table.at + 1]];
  };
  return { read, filled: () => filled };
}

describe('PairTable', () => {
  it('computes a pair when it is first asked for, and keeps it while rows grow', () => {
    const { read, filled } = tableOfPairs();
    const pairs = [0, 1, 255, 256, 1_000_000].flatMap((x) => [0, 1, 255, 256, 700, 65_535].map((day) => [x, day] as const));
    for (const [x, day] of [...pairs, ...pairs.toReversed()]) expect(read(x, day)).toEqual([x + 1, day]);
    expect(filled()).toBe(pairs.length);
  });

  it('keeps no more than 131,072 pairs of large counts, and computes again what it dropped', () => {
    const { read, filled } = tableOfPairs();
    for (let i = 0; i <= 131_072; i++) read(256 + (i >> 8), i & 255);
    expect(filled()).toBe(131_073);
    expect(read(256 + 512, 0)).toEqual([769, 0]);
    expect(filled()).toBe(131_073);
    expect(read(256, 0)).toEqual([257, 0]);
    expect(filled()).toBe(131_074);
  });
});
