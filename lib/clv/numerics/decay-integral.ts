import { integrateInPanels, type Panels } from './gauss-panels.ts';

/** The function e^(-n theta) (1 + ratio (e^theta - 1))^-s. */
export interface Decay {
  /** n > 0 for a ratio above 1, n + s > 0 else. */
  readonly n: number;
  readonly s: number;
  /** > 0. */
  readonly ratio: number;
}

/** A panel over which the logarithm falls by 9 is integrated to 1e-15, be the fall exponential or a power near a singularity. */
const PANEL_FALL = 9;

/** Panels beside singularities that are pi away: their ellipse of convergence is 5.2, and 5.2^-32 is 1e-23. */
const PANEL_BESIDE = 2.5;

/** A panel may be as long as its distance behind a singularity, and 0.6 of that before one: ellipses of 4.8 and more. */
const PANEL_BEHIND = 1;
const PANEL_BEFORE = 0.6;

/** Beyond it e^theta is all of e^theta - 1, and might overflow. */
const FAR = 50;

/** Called at every node, in a fixed order: theta, ln(1 + ratio (e^theta - 1)), and weight times function. */
type AddNode = (theta: number, lnGrown: number, part: number) => void;

/** ln(1 + ratio (e^theta - 1)). */
function lnGrown(ratio: number, theta: number): number {
  return theta < FAR ? Math.log1p(ratio * Math.expm1(theta)) : theta + Math.log(ratio);
}

/**
 * Panels for a decay. It is singular where e^theta = 1 - 1 / ratio: for a ratio above 1 on the axis, before 0; below 1 at a
 * distance of pi beside ln((1 - ratio) / ratio).
 */
function panelsOf({ n, s, ratio }: Decay): Panels {
  const singular = ratio > 1 ? Math.log1p(-1 / ratio) : Math.log((1 - ratio) / ratio);
  // a large s bends the logarithm before that, where s times ratio times e^theta is 1
  const turn = singular - Math.log(Math.max(1, s));
  const ln = (theta: number) => -n * theta - s * lnGrown(ratio, theta);
  // how fast the logarithm falls there, by less and less for a ratio above 1 and by more and more below
  const fallAt = (theta: number) => n + s / (Math.exp(-theta) / ratio - Math.expm1(-theta));
  return {
    ln,
    fall: ratio > 1 ? () => n + s : fallAt,
    panel(theta) {
      const away = theta - singular;
      let length = PANEL_BEHIND * away;
      if (ratio <= 1) {
        const fall = fallAt(theta);
        length = Math.max(PANEL_BESIDE, length, PANEL_BEFORE * (turn - theta));
        if (fall * length > PANEL_FALL) length = PANEL_FALL / fall;
      }
      const top = ln(theta);
      while (top - ln(theta + length) > PANEL_FALL) length /= 2;
      return length;
    },
  };
}

/**
 * Integral of a decay from 0 to `end`.
 *
 * Source: `integrateInPanels`. Checked against 40-digit values in test/unit/clv/numerics/decay-integral.test.ts.
 * @param end upper limit, >= 0; Infinity allowed for n + s > 0
 * @param addNode for integrals of other quantities under the same function
 * @returns > 0, relative error about 1e-14; never NaN for valid input, never throws
 * Cost: one panel (1 us) where the function hardly falls, about 10 over its whole range, at most some 40.
 */
export function decayIntegral(decay: Decay, end: number, addNode?: AddNode): number {
  if (!addNode) return integrateInPanels(panelsOf(decay), end);
  const { n, s, ratio } = decay;
  let grown = 0;
  const ln = (theta: number) => {
    grown = lnGrown(ratio, theta);
    return -n * theta - s * grown;
  };
  // a node is added right after its logarithm was asked for
  return integrateInPanels({ ...panelsOf(decay), ln }, end, (theta, part) => addNode(theta, grown, part));
}
