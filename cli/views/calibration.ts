import type { PerennialConfig } from '../../lib/config/config.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { counted } from '../../lib/run/counted.ts';
import type { Calibration, EpochEvidence, EpochRecord, Intervals } from '../../lib/run/engine/epoch-record.ts';
import { labelledLines } from '../labelled-lines.ts';
import { count, formatTable, percent } from '../table.ts';
import { describeReasons } from './fit-reasons.ts';

/** Parameters that are times. */
const TIMES: ReadonlySet<string> = new Set(['alpha', 'beta']);

/** Columns before what a line tells. */
const INDENT = 19;

const NOT_RECORDED = 'not recorded';

/** What a baseline night brings into force. */
const BASELINES = {
  EPOCH_CHANGED: 'stages are set afresh: a first model, another one, or one that was refused several times',
  RULES_CHANGED: 'stages are set afresh: the section `stages` of the configuration was changed',
} as const satisfies Record<NonNullable<Calibration['baseline']>, string>;

/** A calibration for a person. @param restated customers whom its night restated; null where that is not known */
export function calibrationText(calibration: Calibration, config: PerennialConfig, restated: number | null = null): string {
  const { date, epoch, candidate, baseline } = calibration;
  const inForce = epoch ? epoch.id : 'none yet: days of silence decide';
  const lines = [`Calibration of ${date}\n`, line('epoch in force', inForce)];
  const { model } = config.clv;
  if (epoch && epoch.model !== model)
    lines.push(line('configured', `${model}; ${epoch.model} stays in force until a fit of ${model} is accepted`));
  if (candidate) lines.push(line('newest fit', `${candidate.id}, ${verdictOf(candidate)}${rowOf(calibration, config)}`));
  if (baseline) lines.push(line('baseline night', BASELINES[baseline] + restatedText(restated)));
  lines.push(tierLine(calibration, config), cutTable(calibration, config));
  if (epoch) lines.push(epochText(`Epoch in force: ${epoch.id}`, epoch, config));
  if (candidate && candidate.id !== epoch?.id) lines.push(epochText(`Newest fit: ${candidate.id}`, candidate, config));
  return lines.join('');
}

const restatedText = (restated: number | null) => (restated === null ? '' : `; ${counted(restated, 'customer')} restated`);

const line = (label: string, text: string) => labelledLines(label, text, { indent: INDENT });

function verdictOf({ accepted, reasons }: EpochRecord): string {
  if (!accepted) return `refused: ${describeReasons(reasons)}`;
  return reasons.length === 0 ? 'accepted' : `accepted after refusals in a row, although ${describeReasons(reasons)}`;
}

/** How long a candidate has been refused for moved customers alone, and when one is taken all the same. */
function rowOf({ movedRefusals }: Calibration, { epochs }: PerennialConfig): string {
  return movedRefusals > 0 ? ` (${movedRefusals} in a row; number ${epochs.refusalsBeforeTaken} is taken)` : '';
}

function tierLine({ tierCuts, tierCutsDate }: Calibration, { currency }: PerennialConfig): string {
  if (!tierCuts) return '';
  const money = (minor: number) => formatMinor(minor, currencyExponent(currency));
  return line(
    'tiers',
    `${tierCuts.vip ? `vip above ${money(tierCuts.vip.cut)}, ` : ''}high above ${money(tierCuts.high.cut)}, mid above ${money(tierCuts.mid.cut)} ${currency} (of ${tierCutsDate})`,
  );
}

function cutTable({ rfmCuts, rfmCutsDate }: Calibration, { currency }: PerennialConfig): string {
  if (!rfmCuts) return '';
  const money = (minor: number) => formatMinor(minor, currencyExponent(currency));
  const table = formatTable(
    [{ name: 'RFM cuts' }, ...['1|2', '2|3', '3|4', '4|5'].map((name) => ({ name, align: 'right' as const })), { name: 'of' }],
    [
      ['recency', ...rfmCuts.recency, rfmCutsDate ?? ''],
      ['frequency', ...rfmCuts.frequency.map(String), rfmCutsDate ?? ''],
      ['monetary', ...rfmCuts.monetary.map(money), rfmCutsDate ?? ''],
    ],
  );
  return `\n${table}`;
}

/** A fit with its parameters and what it was judged by. */
function epochText(title: string, epoch: EpochRecord, config: PerennialConfig): string {
  const { evidence } = epoch;
  return [
    `\n${title}\n`,
    line('fitted to', fittedTo(evidence)),
    line('spend', spendOf(epoch)),
    line('returns', returnsOf(evidence)),
    line('holdout', holdoutOf(evidence)),
    `\n${parameterTable(epoch, config)}`,
  ].join('');
}

function fittedTo({
  customers,
  repeatCustomers,
  cells,
  historyDays,
  logLikelihood,
  iterations,
  warnings,
}: EpochEvidence): string {
  const inCells = cells === undefined ? '' : `, ${count(cells)} cells`;
  const likelihood = logLikelihood === null ? '' : `; log-likelihood ${logLikelihood.toFixed(2)}`;
  const doubts = warnings && warnings.length > 0 ? `; doubtful: ${describeReasons(warnings)}` : '';
  return `${count(customers)} customers (${count(repeatCustomers)} with a repeat purchase${inCells}), ${count(historyDays)} days of history${likelihood}, ${count(iterations)} iterations${doubts}`;
}

function spendOf({ spend, evidence }: EpochRecord): string {
  const rule = spend ? 'Gamma-Gamma' : 'the cohort mean';
  const found = evidence.spend;
  if (!found) return `${rule}; evidence ${NOT_RECORDED}`;
  const { customers, leftOut, farBelow, pearson, spearman, verdict, reasons, warnings } = found;
  const correlation =
    pearson === null || spearman === null
      ? 'no correlation with frequency can be told'
      : `correlation with frequency ${verdict} (Pearson ${pearson.toFixed(3)}, Spearman ${spearman.toFixed(3)})`;
  return [
    reasons.length === 0
      ? `${rule} of ${count(customers)} customers`
      : `${rule}, for Gamma-Gamma is refused: ${describeReasons(reasons)}`,
    correlation,
    `${count(leftOut)} repeat customers without positive spend left out`,
    ...(warnings.length > 0 ? [`doubtful: ${describeReasons(warnings)}`] : []),
    ...(farBelow > 0 ? [`${count(farBelow)} means are far below all others and may distort the fit`] : []),
  ].join('; ');
}

function returnsOf({ returnError, returnErrorInForce, movedShare }: EpochEvidence): string {
  if (returnError === null) return 'nobody to compare with';
  const own = `predicted share off by ${percent(returnError, 2)}`;
  if (returnErrorInForce === null) return own;
  const moved =
    movedShare === null ? 'share of moved buyers not asked: another model' : `${percent(movedShare, 2)} of the buyers moved`;
  return `${own} (of the epoch before it ${percent(returnErrorInForce, 2)}); ${moved}`;
}

function holdoutOf({ holdout, holdoutReasons }: EpochEvidence): string {
  if (holdout === undefined) return NOT_RECORDED;
  if (holdout === null) return `none: ${describeReasons(holdoutReasons ?? [])}`;
  const { calibrateTo, horizonDays, customers, boughtShare, meanReturn, brier, calibrationError, baselines } = holdout;
  return [
    `fitted to ${calibrateTo}, ${horizonDays} days ahead, ${count(customers)} customers: ${percent(meanReturn, 2)} predicted to buy, ${percent(boughtShare, 2)} bought`,
    `Brier score ${brier.toFixed(4)} (by the rate so far ${baselines.naiveRate.brier.toFixed(4)}, nobody buys ${baselines.zero.brier.toFixed(4)})`,
    `calibration error ${percent(calibrationError, 2)}`,
  ].join('; ');
}

function parameterTable({ model, params, spend, evidence }: EpochRecord, { currency }: PerennialConfig): string {
  const rows = (
    name: string,
    values: Readonly<Record<string, number>>,
    errors: Readonly<Record<string, number>> | null,
    intervals: Intervals | undefined,
  ) =>
    Object.entries(values).map(([parameter, value], i) => [
      i === 0 ? name : '',
      TIMES.has(parameter) ? `${parameter} (days)` : parameter === 'v' ? `v (${currency})` : parameter,
      digits(value),
      digits(errors?.[parameter]),
      intervals ? range(intervals[parameter]) : NOT_RECORDED,
    ]);
  return formatTable(
    [
      { name: 'model' },
      { name: 'parameter' },
      { name: 'value', align: 'right' },
      { name: 'std. error', align: 'right' },
      { name: '95 % interval', align: 'right' },
    ],
    [
      ...rows(model, params, evidence.standardErrors, evidence.intervals),
      ...(spend ? rows('gamma-gamma', spend, evidence.spend?.standardErrors ?? null, evidence.spend?.intervals) : []),
    ],
  );
}

const digits = (value: number | undefined) => (value === undefined ? '-' : value.toPrecision(5));

const range = (interval: readonly [number, number] | undefined) =>
  interval ? `${digits(interval[0])} .. ${digits(interval[1])}` : '-';
