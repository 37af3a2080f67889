import { describe, expect, it } from 'vitest';
import { planDeliveries } from '../../../cli/generate/deliveries.ts';
import { DEFAULT_PARAMETERS, POPULATION_PARAMETERS, type PopulationModel } from '../../../cli/generate/options.ts';
import { drawPopulation, orderByDay } from '../../../cli/generate/population.ts';
import { compressPurchases } from '../../../lib/clv/fit/compress.ts';
import { fitPurchases } from '../../../lib/clv/fit/fit-purchases.ts';
import { mbgNbd } from '../../../lib/clv/models/mbg-nbd.ts';

const DAYS = 220;
/** 2025-07-01: November and December lie within the days. */
const FIRST_DAY = 20_270;
const CUSTOMERS = 20_000;
const draw = (model: PopulationModel, seed = 11) =>
  drawPopulation({
    model,
    parameters: POPULATION_PARAMETERS[model],
    firstDay: FIRST_DAY,
    days: DAYS,
    customers: CUSTOMERS,
    seed,
    exponent: 2,
  });
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('drawPopulation', () => {
  const population = draw('mbg-nbd');
  const { customers, sales } = population;

  it('draws the same columns for the same seed, and others for another', () => {
    expect(draw('mbg-nbd')).toEqual(population);
    expect(draw('mbg-nbd', 12).sales.amountMinor.slice(0, 50)).not.toEqual(sales.amountMinor.slice(0, 50));
  });

  it('draws rates, chances to stop and spends of the stated means', () => {
    const { r, alpha, a, b, p, q, v } = DEFAULT_PARAMETERS;
    expect(mean(customers.lambdaPerDay) / (r / alpha)).toBeCloseTo(1, 1);
    expect(mean(customers.dropoutRatio)).toBeCloseTo(a / (a + b), 2);
    expect(mean(customers.meanSpend) / ((p * v) / (q - 1))).toBeCloseTo(1, 1);
    const revenueMinor = sales.amountMinor.reduce((sum, minor) => sum + minor, 0);
    const purchases = customers.purchases.reduce((sum, n) => sum + n, 0);
    expect(revenueMinor / 100 / purchases / ((p * v) / (q - 1))).toBeCloseTo(1, 1);
  });

  // Given lambda and p, repeats within t days are expected to be (1 - exp(-lambda p t)) / p with BG/NBD
  // (Fader, Hardie & Lee 2005, eq. 8), and (1 - p) of that with MBG/NBD, where the first purchase may be the last.
  it.each([
    ['bg-nbd', () => 1],
    ['mbg-nbd', (p: number) => 1 - p],
  ] as const)('%s: repeat purchases are as many as theory expects', (model, stayed) => {
    const drawn = draw(model).customers;
    let expected = 0;
    let observed = 0;
    for (let at = 0; at < CUSTOMERS; at++) {
      const p = drawn.dropoutRatio[at] as number;
      const t = DAYS - (drawn.arrivedDay[at] as number) - 1;
      const lambda = drawn.lambdaPerDay[at] as number;
      expected += stayed(p) * (p > 1e-9 ? -Math.expm1(-lambda * p * t) / p : lambda * t);
      observed += (drawn.purchases[at] as number) - 1;
    }
    expect(Math.abs(observed / expected - 1)).toBeLessThan(0.015);
  });

  it('is recovered by the fit: every parameter within three standard errors', () => {
    const txDays = new Int32Array(CUSTOMERS);
    for (let at = 0; at < sales.count; at++) {
      const customer = sales.customer[at] as number;
      txDays[customer] = (sales.day[at] as number) - (customers.arrivedDay[customer] as number);
    }
    const x = customers.purchases.map((n) => n - 1);
    const fit = fitPurchases(
      mbgNbd,
      compressPurchases([{ x, txDays, tenureDays: customers.arrivedDay.map((day) => DAYS - 1 - day) }]),
    );
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      const [value = Number.NaN, error = Number.NaN] = [fit.params[name], fit.standardErrors[name]];
      expect(Math.abs(value - DEFAULT_PARAMETERS[name])).toBeLessThan(3 * error);
    }
  });

  it('sells on as many days as it tells, sometimes in two orders', () => {
    const days = new Set(Array.from(sales.customer, (customer, at) => customer * DAYS + (sales.day[at] as number)));
    const purchases = customers.purchases.reduce((sum, n) => sum + n, 0);
    expect(days.size).toBe(purchases);
    expect((sales.count - purchases) / purchases).toBeCloseTo(0.03, 2);
  });

  it('lets every customer buy on arrival, and with bg-nbd nobody stops after the first purchase', () => {
    const firstDay = new Map<number, number>();
    for (let at = 0; at < sales.count; at++) {
      const customer = sales.customer[at] as number;
      if (!firstDay.has(customer)) firstDay.set(customer, sales.day[at] as number);
    }
    expect(firstDay.size).toBe(CUSTOMERS);
    expect([...firstDay].every(([customer, day]) => customers.arrivedDay[customer] === day)).toBe(true);
    const bg = draw('bg-nbd').customers;
    expect(bg.alive.every((alive, at) => alive === 1 || (bg.purchases[at] as number) > 1)).toBe(true);
    expect(customers.alive.some((alive, at) => alive === 0 && customers.purchases[at] === 1)).toBe(true);
  });

  it('keeps customers arriving until the end, most of them in the first 60 % of the days', () => {
    const early = customers.arrivedDay.filter((day) => day < DAYS * 0.6).length;
    expect(early / CUSTOMERS).toBeCloseTo(0.85, 2);
    expect(new Set(customers.arrivedDay).size).toBe(DAYS);
  });
});

describe('planDeliveries', () => {
  const { sales } = draw('mbg-nbd');

  it('delivers every sale once, on its day, when there is no dirt', () => {
    const { order, ends, extras } = planDeliveries(sales, DAYS, 0, 11);
    expect(extras.kind).toHaveLength(0);
    expect(order).toEqual(Uint32Array.from({ length: sales.count }, (_, at) => at));
    expect(sales.day[ends[100] as number]).toBe(100);
  });

  it('adds about the stated share of each kind of dirt and leaves the sales as they are', () => {
    const { dirt, order, extras } = planDeliveries(sales, DAYS, 0.05, 11);
    const share = (n: number) => n / sales.count;
    expect(share(dirt.duplicates)).toBeCloseTo(0.05, 2);
    expect(share(dirt.partialRefunds + dirt.fullRefunds)).toBeCloseTo(0.05, 2);
    expect(share(dirt.voids)).toBeCloseTo(0.05, 2);
    expect(share(dirt.lateSales)).toBeCloseTo(0.05, 2);
    expect(share(dirt.malformedAmounts + dirt.missingCustomers)).toBeCloseTo(0.005, 3);
    expect(dirt.otherCurrencies).toBeGreaterThan(0);
    expect(order.length).toBe(sales.count + extras.kind.length);
    expect(new Set(order).size).toBe(order.length);
  });
});

describe('orderByDay', () => {
  it('orders by day, key and row, and says where each day ends', () => {
    const { order, ends } = orderByDay(Int32Array.of(2, 0, 2, 0, 2), Int32Array.of(5, 9, 1, 9, 5), 4);
    expect([...order]).toEqual([1, 3, 2, 0, 4]);
    expect([...ends]).toEqual([0, 2, 2, 5, 5]);
  });
});
