import type { GroupTotals, TotalEstimate } from '../../lib/clv/predict/bootstrap-totals.ts';
import { currencyExponent } from '../../lib/money.ts';
import type { BootstrapReport } from '../../lib/run/models/bootstrap-report.ts';
import type { FitReport } from '../../lib/run/models/fit-report.ts';
import { count, formatTable } from '../table.ts';
import { describeReasons } from './fit-reasons.ts';

/** Digits of parameters. */
const DIGITS = 6;

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : value.toPrecision(DIGITS);

const range = (interval: readonly [number, number] | undefined): string =>
  interval ? `${number(interval[0])} .. ${number(interval[1])}` : '-';

const right = (name: string) => ({ name, align: 'right' as const });

/** A fit for a person. */
export function fitText(report: FitReport): string {
  const { model, params, standardErrors, intervals, logLikelihood, bootstrap } = report;
  const rows = Object.entries(params).map(([name, value]) => [
    name,
    number(value),
    number(standardErrors[name]),
    range(intervals[name]),
    ...(bootstrap ? [range(bootstrap.intervals[name])] : []),
  ]);
  const columns = [
    { name: model },
    right('estimate'),
    right('std. error'),
    right('95 % interval'),
    ...(bootstrap ? [right('bootstrap')] : []),
  ];
  return `${headOf(report)}\n${formatTable(columns, rows)}\n  log-likelihood ${logLikelihood?.toFixed(4) ?? '-'}${unitOf(report)}\n${startOf(report)}${verdictOf(report)}${spendOf(report)}${bootstrap ? bootstrapText(bootstrap) : ''}`;
}

function headOf({ date, customers, cells, iterations }: FitReport): string {
  const who = date ? `customers as known on ${date}` : 'counted customers';
  return `Fit to ${count(customers)} ${who}, ${count(cells)} distinct cells, ${iterations} steps`;
}

const unitOf = ({ unit }: FitReport) => (unit === null ? ', spend in units of the currency' : `, times in ${unit}`);

const startOf = ({ restarted }: FitReport) =>
  restarted ? "  the search from --start failed; this is from the model's own start\n" : '';

function verdictOf({ degenerate, reasons, warnings }: FitReport): string {
  const list = (codes: readonly string[]) => codes.map((code) => `    ${describeReasons([code])}\n`).join('');
  if (degenerate) return `  degenerate, must not be used:\n${list(reasons)}`;
  return warnings.length > 0 ? `  sound, with a doubt:\n${list(warnings)}` : '  sound\n';
}

function spendOf({ leftOut, farBelow = 0, frequencySpend }: FitReport): string {
  if (!frequencySpend) return '';
  const { pearson, spearman, verdict } = frequencySpend;
  const correlation =
    verdict === null ? 'not defined' : `${verdict} (Pearson ${pearson?.toFixed(3)}, Spearman ${spearman?.toFixed(3)})`;
  return `  frequency and spend: correlation ${correlation}\n  left out: ${count(leftOut ?? 0)} repeat customers without positive spend\n${farBelow > 0 ? `  doubtful: the means of ${count(farBelow)} customers are far below all others and may distort the fit\n` : ''}`;
}

function bootstrapText(report: BootstrapReport): string {
  const { replicates, seed, refused, horizonDays, discounting, currency, total, tiers } = report;
  const head = `\nBootstrap: ${count(replicates)} samples, seed ${seed}, ${count(refused)} refused\n`;
  if (!total) return head;
  const unit = 10 ** currencyExponent(currency ?? 'USD');
  const money = (minor: number) => count(Math.round(minor / unit));
  const cells = (name: string, { customers, alive, expected, clvMinor }: GroupTotals) => [
    name,
    count(customers),
    ...estimate(alive, (value) => count(Math.round(value))),
    ...estimate(expected, (value) => count(Math.round(value))),
    ...(clvMinor ? estimate(clvMinor, money) : []),
  ];
  const rows = [
    cells('all', total),
    ...Object.entries(tiers ?? {})
      .toReversed()
      .map(([name, group]) => cells(name, group)),
  ];
  const columns = [
    { name: 'tier' },
    right('buyers'),
    right('alive'),
    right('95 %'),
    right('purchases'),
    right('95 %'),
    ...(total.clvMinor ? [right(`value ${currency}`), right('95 %')] : []),
  ];
  const ahead = discounting === 'dert' ? ', value of the whole future (dert)' : '';
  return `${head}Totals of the next ${horizonDays} days${ahead} under the parameters of each sample\n${formatTable(columns, rows)}`;
}

const estimate = ({ estimate: value, interval }: TotalEstimate, show: (value: number) => string): string[] => [
  show(value),
  interval ? `${show(interval[0])} .. ${show(interval[1])}` : '-',
];
