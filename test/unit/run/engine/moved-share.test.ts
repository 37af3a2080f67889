import { describe, expect, it } from 'vitest';
import type { PurchaseCells } from '../../../../lib/clv/fit/compress.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { movedShare } from '../../../../lib/run/engine/moved-share.ts';

interface Params {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

interface Buyer {
  readonly x: number;
  readonly tx: number;
  readonly tenure: number;
  readonly weight: number;
}

const config = configSchema.parse({});
const epoch = (params: Params) => ({ model: 'mbg-nbd' as const, params: { ...params } });

/** Every x with every silence: rows of one customer and of several. */
const buyers: Buyer[] = [];
for (const x of [0, 1, 2, 5, 11, 30]) {
  for (const tx of x === 0 ? [0] : [x, 40, 200]) {
    for (let silence = 0; silence <= 400; silence += 3) {
      buyers.push({ x, tx, tenure: tx + silence, weight: 1 + ((x + silence) % 4) });
    }
  }
}
const cellsOf = (rows: readonly Buyer[]): PurchaseCells => ({
  x: Int32Array.from(rows, ({ x }) => x),
  txDays: Float64Array.from(rows, ({ tx }) => tx),
  tenureDays: Float64Array.from(rows, ({ tenure }) => tenure),
  weight: Float64Array.from(rows, ({ weight }) => weight),
});

/** p_return in the closed form of docs/formulas.md, 90 days ahead. */
function pReturn({ r, alpha, a, b }: Params, x: number, tx: number, tenure: number): number {
  const alive = 1 / (1 + (a / (b + x)) * ((alpha + tenure) / (alpha + tx)) ** (r + x));
  return alive * (1 - ((alpha + tenure) / (alpha + tenure + 90)) ** (r + x));
}

/** The two conditions of docs/lifecycle.md, dwell left out. */
function conditions(params: Params, { x, tx, tenure }: Buyer): { declines: boolean; churns: boolean } {
  const silence = tenure - tx;
  const p = pReturn(params, x, tx, tenure);
  const q = p / pReturn(params, x, tx, tx);
  return { declines: q < 0.5 && silence >= 14, churns: (q < 0.2 && p < 0.1 && silence >= 30) || silence >= 365 };
}

const usual = { r: 0.8, alpha: 40, a: 0.8, b: 2 };
const patient = { r: 0.8, alpha: 90, a: 0.4, b: 3 };
/** Patient with those who bought once, not with the others. */
const other = { r: 2.5, alpha: 60, a: 0.2, b: 0.5 };

describe('movedShare', () => {
  it.each([
    ['a stricter one', usual, patient],
    ['a more patient one', patient, usual],
    ['another one', other, usual],
    ['another one, the other way round', usual, other],
  ])('counts as every buyer on its own does, of %s', (_, candidate, inForce) => {
    const moves = buyers.filter((buyer) => {
      const [after, before] = [conditions(candidate, buyer), conditions(inForce, buyer)];
      return (after.declines && !before.declines) || (after.churns && !before.churns);
    });
    const sum = (rows: readonly Buyer[]) => rows.reduce((total, { weight }) => total + weight, 0);
    expect(movedShare(epoch(candidate), epoch(inForce), cellsOf(buyers), config)).toBe(sum(moves) / sum(buyers));
  });

  it('lets nobody make up for somebody else', () => {
    const cells = cellsOf(buyers);
    const both = [movedShare(epoch(other), epoch(usual), cells, config), movedShare(epoch(usual), epoch(other), cells, config)];
    for (const share of both) expect(share).toBeGreaterThan(0.02);
    expect(movedShare(epoch(usual), epoch(usual), cells, config)).toBe(0);
  });

  it('counts who passes the churn condition alone, and once who passes both', () => {
    const of = (passes: (after: ReturnType<typeof conditions>, before: ReturnType<typeof conditions>) => boolean) =>
      buyers.filter((buyer) => passes(conditions(usual, buyer), conditions(patient, buyer)));
    const churnAlone = of((after, before) => after.churns && !before.churns && before.declines);
    const atOnce = of((after, before) => after.churns && !before.churns && after.declines && !before.declines);
    for (const rows of [churnAlone, atOnce]) {
      expect(rows.length).toBeGreaterThan(0);
      expect(movedShare(epoch(usual), epoch(patient), cellsOf(rows), config)).toBe(1);
    }
  });

  it('leaves dwell out', () => {
    const slow = configSchema.parse({ stages: { dwellNights: 30 } });
    const asked = (using: typeof config) => movedShare(epoch(usual), epoch(patient), cellsOf(buyers), using);
    expect(asked(slow)).toBe(asked(config));
    expect(asked(configSchema.parse({ stages: { decliningQ: 0.3 } }))).not.toBe(asked(config));
  });
});
