/** Inputs of `expectedWhileAlive`. */
export interface AliveState {
  /** Shape of the purchase rate's posterior: r + x. */
  readonly n: number;
  /** Survivals of the drop-out posterior: b + x + 1 for MBG/NBD (b + x for BG/NBD). */
  readonly k: number;
  /** Drop-outs of the drop-out posterior. */
  readonly a: number;
  /** Rate of the purchase rate's posterior: alpha + T, in the unit of the horizon. */
  readonly exposure: number;
}

/** Relative size of what a series may leave out. */
const LEFT_OUT = 1e-17;

/** Below this the exponential underflows. */
const LN_SMALLEST = -700;

/** Beyond it either series has stopped for every sound fit; only a bound against endless loops. */
const MAX_TERMS = 1_000_000;

/** Up to here the coefficients of Euler's form keep their digits (14 at 3, 11 at 4, none from 10). */
const EULER_MAX_A = 3;

/** Euler's form divides by c and loses digits near 0. */
const EULER_MIN_C = 0.25;

/** Euler's form multiplies by c and loses digits beyond. */
const EULER_MAX_C = 10_000;

/** Where r exceeds b by more, the terms of Euler's form grow and alternate before they fall. */
const EULER_MAX_EXCESS = 20;

/**
 * E = -c [(expm1(e l) / e) (1 + e G) + G] with G = sum over j >= 1 of (c - n)_j (e + 1)_(j-1) / ((c)_j j!) z^j: Euler's
 * transformation of the hypergeometric function with the difference 1 - 2F1 taken before anything cancels. e = 0 is no
 * special case but for expm1(0) / 0.
 */
function eulerForm({ n, k, a, exposure }: AliveState, days: number): number {
  const c = a + k - 1;
  const e = a - 1;
  const z = days / (exposure + days);
  const l = -Math.log1p(days / exposure);
  let term = ((c - n) / c) * z;
  let sum = term;
  for (let j = 1; j < MAX_TERMS && Math.abs(term) > LEFT_OUT * Math.abs(sum); j++) {
    term *= (((c - n + j) * (e + j)) / ((c + j) * (j + 1))) * z;
    sum += term;
  }
  const power = e === 0 ? l : Math.expm1(e * l) / e;
  return -c * (power * (1 + e * sum) + sum);
}

/**
 * E = sum over j >= 0 of P(the first j purchases drop nobody out) * P(more than j purchases): every term is positive.
 * The second factor is the upper tail of a negative binomial, found by subtracting its probabilities w_j one by one.
 */
function positiveSeries({ n, k, a, exposure }: AliveState, days: number): number {
  const z = days / (exposure + days);
  let lnW = -n * Math.log1p(days / exposure);
  let survival = 1;
  let sum = 0;
  let j = 0;
  // far below the mode w_j underflows and the tail is 1
  for (; lnW < LN_SMALLEST && j < MAX_TERMS; j++) {
    sum += survival;
    survival *= (k + j) / (a + k + j);
    lnW += Math.log(((n + j) / (j + 1)) * z);
  }
  let w = Math.exp(lnW);
  let tail = -Math.expm1(lnW);
  for (; j < MAX_TERMS; j++) {
    sum += survival * tail;
    survival *= (k + j) / (a + k + j);
    const ratio = ((n + j) / (j + 1)) * z;
    w *= ratio;
    tail = Math.max(tail - w, 0);
    // the rest is at most w / (1 - ratio)^2; the size of w decides, for rounding noise in the tail never vanishes
    const gap = 1 - Math.max(ratio, z);
    if (gap > 0 && w <= LEFT_OUT * sum * gap * gap) break;
    if (a > 1 && (survival * (a + k + j)) / (a - 1) <= LEFT_OUT * sum) break;
  }
  return sum;
}

/**
 * Expected purchases in the next `days` of a customer who is alive now. (BG/NBD and MBG/NBD; it does not depend on t_x)
 *
 * Source: Fader, Hardie & Lee (2005), eq. 10, and Batislam, Denizel & Filiztekin (2007), eq. 8, without their cancellation:
 * Euler's form where it keeps its digits, a series of positive terms elsewhere, and
 * E(a, k) = (a E(a + 1, k) + k E(a, k + 1)) / (a + k) where c = a + k - 1 is near 0. Checked to 1e-12 (CDNOW) and 1e-9
 * (edge sets) in test/golden/mbg-nbd.test.ts.
 * @param state posterior of the customer; all positive, finite
 * @param days horizon, days, >= 0; 0 gives 0
 * @returns count, >= 0; NaN only for NaN input
 * @throws nothing
 * Cost: about 26 terms (0.3 us) in Euler's form, about 80 in the other; allocates nothing.
 */
export function expectedWhileAlive(state: AliveState, days: number): number {
  if (days === 0) return 0;
  const { n, k, a, exposure } = state;
  const c = a + k - 1;
  if (a <= EULER_MAX_A && c >= EULER_MIN_C && c <= EULER_MAX_C && n - k <= EULER_MAX_EXCESS) return eulerForm(state, days);
  if (c < EULER_MIN_C && a <= EULER_MAX_A - 1) {
    const dropped = expectedWhileAlive({ n, k, a: a + 1, exposure }, days);
    const stayed = expectedWhileAlive({ n, k: k + 1, a, exposure }, days);
    return (a * dropped + k * stayed) / (a + k);
  }
  return positiveSeries(state, days);
}
