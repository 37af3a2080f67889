import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { betaDraws, exponentialDraws, gammaDraws, uniformStream } from '../../cli/generate/random.ts';
import type { SpendParams } from '../../lib/clv/models/gamma-gamma.ts';

/** Parameters of both models; times in days. */
export interface ShopParams {
  readonly purchases: { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
  readonly spend: SpendParams;
}

/** What BG/NBD and Gamma-Gamma find in the 1/10 sample of CDNOW, rounded: what is drawn, and what values are computed with. */
const CDNOW_LIKE: ShopParams = {
  purchases: { r: 0.2426, alpha: 30.895, a: 0.7929, b: 2.4259 },
  spend: { p: 6.2496, q: 3.7442, v: 15.4435 },
};

/** CDNOW's customers came in 12 weeks and were watched until the end of week 39. */
const [SHORTEST_TENURE, TENURES] = [189, 84];

const SEED = 20_260_102;

/** Columns of customers, shape [n]. */
export interface CustomerColumns {
  readonly x: Int32Array;
  readonly txDays: Int32Array;
  readonly tenureDays: Int32Array;
  /** Net on repeat purchase days, cents, whole. */
  readonly repeatNetMinor: Float64Array;
}

/** Customers of BG/NBD with Gamma-Gamma spend, one purchase a day at most; equal arguments give equal customers. */
export function drawCustomers(count: number): CustomerColumns {
  const { r, alpha, a, b } = CDNOW_LIKE.purchases;
  const { p, q, v } = CDNOW_LIKE.spend;
  const uniform = uniformStream(SEED, 0);
  const [drawRate, drawDropOut] = [gammaDraws(uniform, r, alpha), betaDraws(uniform, a, b)];
  const [drawNu, drawSpend, drawGap] = [gammaDraws(uniform, q, v), gammaDraws(uniform, p, 1), exponentialDraws(uniform)];
  const columns: CustomerColumns = {
    x: new Int32Array(count),
    txDays: new Int32Array(count),
    tenureDays: new Int32Array(count),
    repeatNetMinor: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    const [rate, dropOut, nu] = [drawRate(), drawDropOut(), drawNu()];
    const tenure = SHORTEST_TENURE + Math.floor(uniform() * TENURES);
    let [x, last, net] = [0, 0, 0];
    for (let time = drawGap() / rate; time <= tenure; time += drawGap() / rate) {
      last = Math.max(last + 1, Math.round(time));
      if (last > tenure) break;
      x++;
      columns.txDays[i] = last;
      net += Math.max(1, Math.round((drawSpend() / nu) * 100));
      if (uniform() < dropOut) break;
    }
    columns.x[i] = x;
    columns.tenureDays[i] = tenure;
    columns.repeatNetMinor[i] = net;
  }
  return columns;
}

/** Writes the columns as they lie in memory, one file each (little-endian on every machine that Node runs on), and the parameters. */
export async function writeCustomers(dir: string, columns: CustomerColumns): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, column] of Object.entries(columns)) await writeFile(join(dir, `${name}.bin`), column);
  await writeFile(join(dir, 'params.json'), JSON.stringify(CDNOW_LIKE));
}

/** Reads what `writeCustomers` wrote. */
export function readCustomers(dir: string): CustomerColumns {
  const read = (name: string) => readFileSync(join(dir, `${name}.bin`));
  const whole = ({ buffer, byteOffset, byteLength }: Buffer) => new Int32Array(buffer, byteOffset, byteLength / 4);
  const double = ({ buffer, byteOffset, byteLength }: Buffer) => new Float64Array(buffer, byteOffset, byteLength / 8);
  return {
    x: whole(read('x')),
    txDays: whole(read('txDays')),
    tenureDays: whole(read('tenureDays')),
    repeatNetMinor: double(read('repeatNetMinor')),
  };
}
