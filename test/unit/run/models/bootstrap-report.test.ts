import { describe, expect, it } from 'vitest';
import { drawCustomers } from '../../../../bench/clv/customers.ts';
import { poissonDraws, uniformStream } from '../../../../cli/generate/random.ts';
import { fitText } from '../../../../cli/views/fit.ts';
import { compressPurchases, compressSpend } from '../../../../lib/clv/fit/compress.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { type BootstrapReport, reportBootstrap } from '../../../../lib/run/models/bootstrap-report.ts';
import type { FitInput } from '../../../../lib/run/models/fit-input.ts';
import { reportFit } from '../../../../lib/run/models/fit-report.ts';
import type { FittedModelId } from '../../../../lib/run/models/fitted-model.ts';
import type { TimeUnit } from '../../../../lib/run/models/time-unit.ts';
import type { BusinessDate } from '../../../../lib/time.ts';

/** Buyers whose first purchase was of 20.00, in two shards. */
function inputOf(currency: string, exponent: number): FitInput {
  const drawn = drawCustomers(800);
  const shard = (start: number, end: number) => ({
    x: drawn.x.slice(start, end),
    txDays: drawn.txDays.slice(start, end),
    tenureDays: drawn.tenureDays.slice(start, end),
    repeatNetMinor: drawn.repeatNetMinor.slice(start, end),
    netMinor: drawn.repeatNetMinor.slice(start, end).map((net) => net + 2000),
  });
  const parts = [shard(0, 500), shard(500, 800)];
  const config = configSchema.parse({ currency });
  return {
    purchases: compressPurchases(parts),
    spend: compressSpend(parts),
    leftOut: 0,
    exponent,
    buyers: { date: '2025-01-01' as BusinessDate, currency, config, parts },
  };
}

const INPUT = inputOf('USD', 2);

function bootstrap(model: FittedModelId, unit: TimeUnit = 'days', input = INPUT) {
  const fitted = reportFit(input, { model, unit });
  let told = 0;
  const poisson = (stream: number) => poissonDraws(uniformStream(3, stream));
  const options = { replicates: 5, seed: 3, unit, poisson, onReplicate: () => told++ };
  const report: BootstrapReport = reportBootstrap(input, fitted, options);
  expect([told, report.replicates, report.refused, fitted.degenerate]).toEqual([5, 5, 0, false]);
  return { fitted, report };
}

describe('reportBootstrap', () => {
  const inDays = bootstrap('bg-nbd');

  it('has totals by tier that add up to those of all, the best fifth worth most each', () => {
    const { total, tiers = {}, horizonDays, currency } = inDays.report;
    expect({ names: Object.keys(tiers), horizonDays, currency }).toEqual({
      names: ['low', 'mid', 'high'],
      horizonDays: 365,
      currency: 'USD',
    });
    const groups = Object.values(tiers);
    expect(groups.reduce((sum, { customers }) => sum + customers, 0)).toBe(800);
    expect(Math.abs((tiers['high']?.customers ?? 0) - 160)).toBeLessThan(5);
    for (const name of ['alive', 'expected', 'clvMinor'] as const) {
      const sum = groups.reduce((all, group) => all + (group[name]?.estimate ?? Number.NaN), 0);
      expect(sum / (total?.[name]?.estimate ?? 0)).toBeCloseTo(1, 12);
    }
    const worthEach = groups.map(({ clvMinor, customers }) => (clvMinor?.estimate ?? 0) / customers);
    expect(worthEach).toEqual([...worthEach].sort((a, b) => a - b));
  });

  it('says in weeks what it says in days', () => {
    const { report } = bootstrap('bg-nbd', 'weeks');
    for (const [name, interval] of Object.entries(report.intervals)) {
      for (const [end, value] of interval.entries()) {
        const days = inDays.report.intervals[name]?.[end] ?? Number.NaN;
        expect(value / days).toBeCloseTo(name === 'alpha' ? 1 / 7 : 1, 8);
      }
    }
    expect(report.total?.expected.estimate).toBeCloseTo(inDays.report.total?.expected.estimate ?? 0, 5);
  });

  it('takes minor units for what they are in a currency without any', () => {
    const yen = bootstrap('bg-nbd', 'days', inputOf('JPY', 0));
    expect(yen.report.total?.clvMinor?.estimate).toBeCloseTo(inDays.report.total?.clvMinor?.estimate ?? 0, 0);
    const expectValue = ({ fitted, report }: typeof yen, unit: number) => {
      const whole = Math.round((report.total?.clvMinor?.estimate ?? 0) / unit).toLocaleString('en-US');
      expect(fitText({ ...fitted, bootstrap: report })).toMatch(new RegExp(`^  all .* ${whole}  `, 'm'));
    };
    expectValue(yen, 1);
    expectValue(inDays, 100);
  });

  it('is shown in lines of at most 100 columns, and a fit without it with every reason against it', () => {
    const { fitted, report } = inDays;
    const degenerate = { ...fitted, degenerate: true, reasons: ['NOT_CONVERGED', 'PARAMETER_AT_BOUND'] };
    const [told, refused] = [fitText({ ...fitted, bootstrap: report }), fitText(degenerate)];
    expect(Math.max(...`${told}${refused}`.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(refused).toMatch(/must not be used:\n {4}the search found no best parameters\n {4}a parameter runs away/);
  });

  it('has parameters alone of spend, and totals without value of counted customers', () => {
    expect(bootstrap('gamma-gamma').report).toMatchObject({ horizonDays: null, currency: null });
    const { buyers: _, ...counted } = INPUT;
    const { report } = bootstrap('bg-nbd', 'days', counted);
    expect(report).not.toHaveProperty('tiers');
    expect(report.total?.clvMinor).toBeUndefined();
    expect(report.total?.alive.estimate).toBeCloseTo(inDays.report.total?.alive.estimate ?? 0, 8);
  });
});
