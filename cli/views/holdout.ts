import { BASELINE_IDS, type BaselineId, type RecencyReason } from '../../lib/clv/holdout/baselines.ts';
import type { ForecastScores } from '../../lib/clv/holdout/forecast-scores.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import type { HoldoutReport } from '../../lib/run/models/holdout-report.ts';
import { count, formatTable } from '../table.ts';
import { describeReasons } from './fit-reasons.ts';

const right = (name: string) => ({ name, align: 'right' as const });

const NONE = '-';
const whole = (value: number) => count(Math.round(value));
const ratio = (value: number) => `${(100 * value).toFixed(1)} %`;
const signed = (value: number) => `${value < 0 ? '' : '+'}${ratio(value)}`;
// rounded first: a tiny negative number has no sign
const digits = (value: number) => (Math.round(value * 1e4) / 1e4).toFixed(4);
const shown = (value: number | null | undefined, form: (value: number) => string): string =>
  value === null || value === undefined ? NONE : form(value);

/** Why there is no forecast by recency. */
const RECENCY_WORDS: Readonly<Record<RecencyReason, string>> = {
  NO_INNER_PERIOD: 'the first purchase is less than two days before, too little to learn from',
  NO_CUSTOMERS_AT_INNER_DATE: 'nobody had bought by the earlier date that it learns from',
};

/** A holdout for a person. */
export function holdoutText(report: HoldoutReport): string {
  return [headText(report), scoresText(report), binsText(report), decilesText(report)].filter((text) => text !== '').join('\n');
}

function headText(report: HoldoutReport): string {
  const { calibrateTo, to, model, fit, customers, horizonDays, actual, cumulative, meanPAlive, recencyOnlyReason } = report;
  const parameters = Object.entries(fit.params).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  const share = customers > 0 ? ` (${ratio(actual.returned / customers)})` : '';
  const lines = [
    `Holdout of ${model}: fitted as of ${calibrateTo}, compared on the ${count(horizonDays)} days to ${to}`,
    `  customers        ${count(customers)}; ${count(actual.returned)}${share} bought again, on ${count(actual.purchases)} days in all`,
    fit.degenerate
      ? '  fit              degenerate: it predicts nothing, and the rules of thumb stand alone'
      : `  fit              sound: ${parameters.join(', ')} (days)`,
    ...fit.reasons.map((reason) => `  because          ${describeReasons([reason])}`),
    ...report.guards.map((guard) => `  note             a night would not take it: ${describeReasons([guard])}`),
    ...(recencyOnlyReason ? [`  recency_only     no forecast: ${RECENCY_WORDS[recencyOnlyReason]}`] : []),
  ];
  if (cumulative && meanPAlive !== null) {
    lines.push(
      `  alive            ${ratio(meanPAlive)} of the customers on ${calibrateTo}, says the model`,
      `  cumulative       ${whole(cumulative.predicted)} repeat days expected since the first purchases, ${count(cumulative.actual)} seen${biasText(cumulative.bias)}`,
    );
  }
  lines.push(...revenueLines(report));
  return `${lines.join('\n')}\n`;
}

const biasText = (bias: number | null) => (bias === null ? '' : ` (${signed(bias)})`);

function revenueLines({ revenue, spendMethod, currency }: HoldoutReport): string[] {
  if (!revenue) return [];
  const money = (minor: number) => `${formatMinor(Math.round(minor), currencyExponent(currency))} ${currency}`;
  const how = spendMethod === 'gamma_gamma' ? 'Gamma-Gamma' : 'mean spend';
  return [
    `  revenue          ${money(revenue.predictedMinor)} predicted, ${money(revenue.actualMinor)} seen${biasText(revenue.bias)}; ${how}`,
  ];
}

/** A line of the table of scores: what it is called, and where it is found. */
type Line = readonly [name: string, of: (scores: ForecastScores) => number | null, form: (value: number) => string];

const LINES: readonly Line[] = [
  ['purchase days', ({ totals }) => totals.predicted, whole],
  ['bias', ({ totals }) => totals.bias, signed],
  ['mean absolute error', ({ totals }) => totals.mae, digits],
  ['root mean squared error', ({ totals }) => totals.rmse, digits],
  ['correlation', ({ totals }) => totals.correlation, digits],
  ['p_return: mean', ({ returns }) => returns.meanP, ratio],
  ['  calibration error', ({ returns }) => returns.calibrationError, digits],
  ['  Brier score', ({ returns }) => returns.brier, digits],
  ['  AUC', ({ returns }) => returns.auc, digits],
];

/** What happened, where a line has such a number. */
function actualOf(line: string, { actual, customers }: HoldoutReport): string {
  if (line === 'purchase days') return count(actual.purchases);
  return line === 'p_return: mean' && customers > 0 ? ratio(actual.returned / customers) : '';
}

function scoresText(report: HoldoutReport): string {
  const { model, totals, returns, baselines, horizonDays } = report;
  const scores = [totals && returns ? { totals, returns } : null, ...BASELINE_IDS.map((id: BaselineId) => baselines[id])];
  const rows = LINES.map(([name, of, form]) => [
    name,
    ...scores.map((one) => shown(one && of(one), form)),
    actualOf(name, report),
  ]);
  const table = formatTable([{ name: 'totals' }, ...[model, ...BASELINE_IDS, 'actual'].map(right)], rows);
  return `${table}  Small errors are good, and a model must beat the rules of thumb beside it. p_return is the
  probability to buy within these ${count(horizonDays)} days; an AUC of 0.5 is guessing, 1 perfect.
`;
}

function binsText({ bins, model }: HoldoutReport): string {
  const form = (value: number) => value.toFixed(2);
  const rows = bins.map(({ x, customers, actual, predicted, baselines }) => [
    x,
    count(customers),
    form(actual),
    shown(predicted, form),
    ...BASELINE_IDS.map((id) => shown(baselines[id], form)),
  ]);
  const columns = [{ name: 'repeat days' }, ...['customers', 'actual', model, ...BASELINE_IDS].map(right)];
  return `${formatTable(columns, rows)}  Purchase days per customer, by repeat purchase days so far: where a column is far from actual,
  it misjudges customers of that kind.
`;
}

function decilesText({ deciles }: HoldoutReport): string {
  if (!deciles) return '';
  const rows = deciles.map(({ decile, customers, meanP, share, actual, predicted }) => [
    String(decile),
    count(customers),
    ratio(meanP),
    ratio(share),
    whole(predicted),
    count(actual),
  ]);
  const columns = ['decile', 'customers', 'p_return', 'bought', 'predicted days', 'actual days'].map(right);
  return `${formatTable(columns, rows)}  Customers ordered by p_return, in ten groups of about equal size: p_return and bought should be
  near each other in every line, and most purchases at the bottom.
`;
}
