import { randomBeta, randomExponential, randomGamma, randomPoisson } from 'd3-random';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws a double, 0 <= u < 1. */
export type Uniform = () => number;

/**
 * A stream of uniform draws that depends on the seed and the stream's number alone.
 *
 * @param seed   32-bit integer
 * @param stream which of the independent streams of a seed; they are 2^64 draws apart
 */
export function uniformStream(seed: number, stream: number): Uniform {
  const generator = xoroshiro128plus(seed);
  for (let i = 0; i < stream; i++) generator.jump();
  return () => uniformFloat64(generator);
}

/** Gamma draws of a shape and a rate (mean shape / rate). */
export function gammaDraws(uniform: Uniform, shape: number, rate: number): () => number {
  return randomGamma.source(uniform)(shape, 1 / rate);
}

/** Beta draws (mean a / (a + b)). */
export function betaDraws(uniform: Uniform, a: number, b: number): () => number {
  return randomBeta.source(uniform)(a, b);
}

/** Exponential draws of mean 1. */
export function exponentialDraws(uniform: Uniform): () => number {
  return randomExponential.source(uniform)(1);
}

/** Poisson draws of any mean >= 0; a draw per mean is made once. */
export function poissonDraws(uniform: Uniform): (mean: number) => number {
  const source = randomPoisson.source(uniform);
  const byMean = new Map<number, () => number>();
  return (mean) => {
    let draw = byMean.get(mean);
    if (!draw) {
      draw = source(mean);
      byMean.set(mean, draw);
    }
    return draw();
  };
}
