import { compressPurchases, type PurchaseCells } from '../../../lib/clv/fit/compress.ts';

/** A seeded source of uniform numbers in (0, 1): the same on every machine. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 4_294_967_296;
  };
}

/** Customers who buy on independent days at a rate that `rateOf` draws and stop with a fixed chance after each purchase. */
export function drawCells(customers: number, dropOut: number, rateOf: (random: () => number) => number, seed = 1): PurchaseCells {
  const random = uniform(seed);
  const rows = { x: [] as number[], txDays: [] as number[], tenureDays: [] as number[] };
  for (let i = 0; i < customers; i++) {
    const tenure = 200 + Math.floor(random() * 200);
    const rate = rateOf(random);
    let x = 0;
    let last = 0;
    let time = 0;
    while (random() >= dropOut) {
      time -= Math.log(random()) / rate;
      if (Math.floor(time) > tenure) break;
      if (Math.floor(time) > last) {
        x++;
        last = Math.floor(time);
      }
    }
    rows.x.push(x);
    rows.txDays.push(last);
    rows.tenureDays.push(tenure);
  }
  return compressPurchases([rows]);
}
