/** Relative size of what the fraction may leave out. */
const LEFT_OUT = 1e-17;

/** Numerators and denominators beyond it are divided by it. */
const LARGE = 1e100;

/** Positions in a jet of the fraction, in (gap, c, y). */
const AT = { value: 0, g: 1, c: 2, y: 3, gg: 4, gc: 5, gy: 6, cc: 7, cy: 8, yy: 9 } as const;

/**
 * The fraction 1 / (1 + d_1 y / (1 + d_2 y / (1 + ...))) with d_1 = gap / c, d_2k = k (b + k - 1) / ((c + 2k - 2)(c + 2k - 1))
 * and d_2k+1 = (gap + k)(c + k - 1) / ((c + 2k - 1)(c + 2k)): 2F1(1, gap; c; -y), and the largest k that counts. By the
 * recurrence of numerators and denominators, which are all positive; its limit lies between neighbours.
 */
function walkFraction(b: number, gap: number, y: number): { value: number; steps: number } {
  const c = b + gap;
  // numerators and denominators of two neighbours
  let [a0, a1, b0, b1] = [1, 1, 1, 1 + (gap / c) * y];
  let apart = ((gap / c) * y) / b1;
  let k = 1;
  for (; apart * b1 > LEFT_OUT * a1; k++) {
    const at = c + 2 * k - 1;
    const even = (k * (b + k - 1) * y) / ((at - 1) * at);
    const odd = ((gap + k) * (c + k - 1) * y) / (at * (at + 1));
    const between = b1 + even * b0;
    const next = between + odd * b1;
    apart *= (even * odd * b0 * b1) / (between * next);
    a0 = a1 + even * a0;
    a1 = a0 + odd * a1;
    b0 = between;
    b1 = next;
    if (b1 > LARGE) {
      a0 /= LARGE;
      a1 /= LARGE;
      b0 /= LARGE;
      b1 /= LARGE;
    }
  }
  return { value: a1 / b1, steps: k };
}

/**
 * 2F1(1, b; b + gap; z) at z = y / (1 + y).
 *
 * Source: (1 + y) 2F1(1, gap; b + gap; -y) (Abramowitz & Stegun 15.3.4) by Gauss's continued fraction (Wall 1948, 89.9), whose
 * parts are all positive for -y, so that nothing cancels.
 * @param b >= 0 @param gap > 0 @param y >= 0, all finite; null not allowed
 * @returns >= 1, relative error about 1e-15; never NaN for valid input, never throws
 * Cost: about 9 sqrt(1 + y) steps of 20 ns; allocates one small object.
 */
export function gaussFraction(b: number, gap: number, y: number): number {
  return (1 + y) * walkFraction(b, gap, y).value;
}

/** h becomes 1 / (1 + y d h) with its derivatives; part = d (value, in gap, in c, in gap and c, twice in c). */
function advance(h: Float64Array, y: number, part: Float64Array): void {
  const d = part[0] as number;
  const dg = part[1] as number;
  const dc = part[2] as number;
  const dgc = part[3] as number;
  const dcc = part[4] as number;
  const v = h[AT.value] as number;
  const hg = h[AT.g] as number;
  const hc = h[AT.c] as number;
  const hy = h[AT.y] as number;
  const hgg = h[AT.gg] as number;
  const hgc = h[AT.gc] as number;
  const hgy = h[AT.gy] as number;
  const hcc = h[AT.cc] as number;
  const hcy = h[AT.cy] as number;
  const hyy = h[AT.yy] as number;
  const r = 1 / (1 + y * d * v);
  const less = -r * r;
  const g = y * (dg * v + d * hg);
  const c = y * (dc * v + d * hc);
  const w = d * v + y * d * hy;
  const twice = 2 * r * r * r;
  h[AT.value] = r;
  h[AT.g] = less * g;
  h[AT.c] = less * c;
  h[AT.y] = less * w;
  h[AT.gg] = twice * g * g + less * y * (2 * dg * hg + d * hgg);
  h[AT.gc] = twice * g * c + less * y * (dgc * v + dg * hc + dc * hg + d * hgc);
  h[AT.gy] = twice * g * w + less * (dg * v + d * hg + y * (dg * hy + d * hgy));
  h[AT.cc] = twice * c * c + less * y * (dcc * v + 2 * dc * hc + d * hcc);
  h[AT.cy] = twice * c * w + less * (dc * v + d * hc + y * (dc * hy + d * hcy));
  h[AT.yy] = twice * w * w + less * (2 * d * hy + y * d * hyy);
}

/** d_2k+1 with derivatives. */
function fillOdd(b: number, gap: number, k: number, d: Float64Array): void {
  const c = b + gap;
  const i = 1 / (c + 2 * k);
  const a = (gap + k) * i;
  // (c + k - 1) / (c + 2k - 1), which is 1 for k = 0 even where c = 1
  const j = k === 0 ? 0 : 1 / (c + 2 * k - 1);
  const q = 1 - k * j;
  const slope = k * j * j;
  d[0] = a * q;
  d[1] = i * q;
  d[2] = a * (slope - i * q);
  d[3] = i * (slope - i * q);
  d[4] = 2 * a * (i * (i * q - slope) - slope * j);
}

/** d_2k with derivatives. */
function fillEven(b: number, gap: number, k: number, d: Float64Array): void {
  const c = b + gap;
  const i = 1 / (c + 2 * k - 2);
  const j = 1 / (c + 2 * k - 1);
  const p = k * i;
  const q = (b + k - 1) * j;
  const slope = (gap + k) * j * j;
  d[0] = p * q;
  d[1] = -p * j;
  d[2] = p * (slope - i * q);
  d[3] = p * j * (j + i);
  d[4] = 2 * p * (i * (i * q - slope) - slope * j);
}

/**
 * ln 2F1(1, b; b + gap; z) at z = y / (1 + y) with derivatives, as `lnHypergeometricJet` gives them.
 *
 * Source: as `gaussFraction`, differentiated part by part from the last to the first; y' = 1 + y in lambda = ln(1 + y).
 * @param b > 0 @param gap > 0 @param y >= 0, all finite; null not allowed
 * @param out filled, shape [10]
 * @returns nothing; never NaN for valid input, never throws
 * Cost: ~50 ns per step; allocates 15 doubles.
 */
export function lnGaussFractionJet(b: number, gap: number, y: number, out: Float64Array): void {
  const h = new Float64Array(10);
  const d = new Float64Array(5);
  h[AT.value] = 1;
  for (let k = walkFraction(b, gap, y).steps; k > 0; k--) {
    fillOdd(b, gap, k, d);
    advance(h, y, d);
    fillEven(b, gap, k, d);
    advance(h, y, d);
  }
  fillOdd(b, gap, 0, d);
  advance(h, y, d);
  const [v = 1, hg = 0, hc = 0, hy = 0, hgg = 0, hgc = 0, hgy = 0, hcc = 0, hcy = 0, hyy = 0] = h;
  const [g, cc, w] = [hg / v, hc / v, ((1 + y) * hy) / v];
  const lnCc = hcc / v - cc * cc;
  const lnGc = hgc / v - g * cc;
  const lnCy = ((1 + y) * hcy) / v - cc * w;
  out[0] = Math.log1p(y) + Math.log(v);
  out[1] = cc;
  out[2] = g + cc;
  out[3] = 1 + w;
  out[4] = lnCc;
  out[5] = lnGc + lnCc;
  out[6] = lnCy;
  out[7] = hgg / v - g * g + 2 * lnGc + lnCc;
  out[8] = ((1 + y) * hgy) / v - g * w + lnCy;
  out[9] = ((1 + y) * (1 + y) * hyy) / v - w * w + w;
}
