import { formatDay } from '../../lib/time.ts';
import type { PopulationRequest } from './population.ts';
import { exponentialDraws, gammaDraws, type Uniform } from './random.ts';

/** Shape of the gaps of `steady`: gaps of one customer spread by 1 / sqrt(shape) = 63 % of their mean instead of 100 %. */
export const STEADY_GAP_SHAPE = 2.5;

/** How busy the months of `seasonal` are, January first; the mean is 1. */
export const MONTH_INTENSITY = [0.7, 0.7, 0.8, 0.9, 1, 0.9, 0.8, 0.8, 0.9, 1.1, 1.7, 1.7] as const;

/** Days from the arrival to the next purchase, not rounded, from those to the last one; infinite beyond the window. */
export type NextTime = (afterDays: number, lambdaPerDay: number, arrivedDay: number) => number;

/**
 * How gaps between the purchases of one customer are drawn.
 *
 * `mbg-nbd` and `bg-nbd`: exponential of rate lambda. `steady`: Gamma(2.5, 2.5 lambda), of the same mean 1 / lambda (the timing of
 * Pareto/GGG; Platzer & Reutterer, 2016, "Ticking away the moments"). `seasonal`: exponential of rate lambda in a time that runs as
 * fast as the month is busy, so that the rate of a day is lambda times its intensity.
 */
export function purchaseTimes(request: Pick<PopulationRequest, 'model' | 'firstDay' | 'days'>, uniform: Uniform): NextTime {
  if (request.model === 'steady') {
    const drawGap = gammaDraws(uniform, STEADY_GAP_SHAPE, STEADY_GAP_SHAPE);
    return (afterDays, lambda) => afterDays + drawGap() / lambda;
  }
  const drawGap = exponentialDraws(uniform);
  if (request.model !== 'seasonal') return (afterDays, lambda) => afterDays + drawGap() / lambda;
  const clock = new BusyClock(request);
  return (afterDays, lambda, arrived) => clock.dayOf(clock.timeOf(arrived + afterDays) + drawGap() / lambda) - arrived;
}

/** Time that runs as fast as the month is busy. */
class BusyClock {
  /** Time at the beginning of each day, shape [days + 1]. */
  readonly #begins: Float64Array;

  constructor({ firstDay, days }: Pick<PopulationRequest, 'firstDay' | 'days'>) {
    this.#begins = new Float64Array(days + 1);
    for (let day = 0; day < days; day++) {
      const month = Number(formatDay(firstDay + day).slice(5, 7));
      this.#begins[day + 1] = (this.#begins[day] as number) + (MONTH_INTENSITY[month - 1] as number);
    }
  }

  /** @param day of the window, with its fraction; at most its end */
  timeOf(day: number): number {
    const whole = Math.min(Math.floor(day), this.#begins.length - 2);
    const begin = this.#begins[whole] as number;
    return begin + (day - whole) * ((this.#begins[whole + 1] as number) - begin);
  }

  /** Day of the window, with its fraction, of a time; infinite beyond the window. */
  dayOf(time: number): number {
    let [low, high] = [0, this.#begins.length - 1];
    if (time >= (this.#begins[high] as number)) return Number.POSITIVE_INFINITY;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] as number) <= time) low = middle;
      else high = middle;
    }
    const begin = this.#begins[low] as number;
    return low + (time - begin) / ((this.#begins[high] as number) - begin);
  }
}
