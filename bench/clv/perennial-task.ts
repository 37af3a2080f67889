import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compressPurchases } from '../../lib/clv/fit/compress.ts';
import { fitPurchases } from '../../lib/clv/fit/fit-purchases.ts';
import { conditionalMeanSpend } from '../../lib/clv/models/gamma-gamma.ts';
import { fittedModel, purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { createPredictor } from '../../lib/clv/predict/predictor.ts';
import { readCustomers, type ShopParams } from './customers.ts';

/** Tasks that both sides do. */
export type TaskName = 'fit-bg' | 'fit-pareto' | 'value';

/** What a task tells on standard output; `steps` are milliseconds since the one before, from the start of the process on. */
export interface TaskReport {
  readonly params?: Readonly<Record<string, number>>;
  readonly logLikelihood?: number;
  /** Sum over customers by column; money in major units. */
  readonly sums?: Readonly<Record<string, number>>;
  readonly steps?: Readonly<Record<string, number>>;
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakMb: number;
}

const steps: Record<string, number> = {};
let lastMs = 0;

function note(step: string): void {
  const nowMs = performance.now();
  steps[step] = nowMs - lastMs;
  lastMs = nowMs;
}

function fitModel(model: 'bg-nbd' | 'pareto-nbd', dir: string): Partial<TaskReport> {
  const rows = readCustomers(dir);
  note('read');
  const cells = compressPurchases([rows]);
  note('compress');
  const { params, logLikelihood, sound, reasons } = fitPurchases(purchaseModel(model), cells);
  note('fit');
  if (!sound) throw new Error(`Fit of ${model}: ${reasons.join(', ')}, expected a sound one.`);
  return { params, logLikelihood };
}

/** Expected purchases of 365 days, P(alive), spend and CLV of 12 months of 30 days at 1 % a month, for every customer. */
function value(dir: string): Partial<TaskReport> {
  const rows = readCustomers(dir);
  const { purchases, spend } = JSON.parse(readFileSync(join(dir, 'params.json'), 'utf8')) as ShopParams;
  note('read');
  const horizons = {
    horizonDays: 365,
    monthlyDiscountRatio: 0.01,
    discounting: 'lifetimes-days',
    returnHorizonDays: 90,
  } as const;
  const predictor = createPredictor(fittedModel('bg-nbd', purchases), horizons);
  const column = () => new Float64Array(rows.x.length);
  const out = { pAlive: column(), expected: column(), discounted: column() };
  predictor.fill(rows, out);
  note('value');
  const sums = { pAlive: 0, expected: 0, spend: 0, clv: 0 };
  for (let i = 0; i < rows.x.length; i++) {
    const mean = conditionalMeanSpend(spend, rows.x[i] as number, (rows.repeatNetMinor[i] as number) / 100);
    sums.pAlive += out.pAlive[i] as number;
    sums.expected += out.expected[i] as number;
    sums.spend += mean;
    sums.clv += mean * (out.discounted[i] as number);
  }
  note('spend and sums');
  return { sums };
}

/** Entry of the timed child: `fit-bg DIR`, `fit-pareto DIR` or `value DIR`, where DIR holds what `writeCustomers` wrote. */
function main([task, dir = '']: readonly string[]): void {
  note('start');
  const found = task === 'value' ? value(dir) : fitModel(task === 'fit-bg' ? 'bg-nbd' : 'pareto-nbd', dir);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { userMs: userCPUTime / 1000, systemMs: systemCPUTime / 1000, peakMb: maxRSS / 1024 };
  process.stdout.write(JSON.stringify({ ...found, steps, ...usage } satisfies TaskReport));
}

main(process.argv.slice(2));
