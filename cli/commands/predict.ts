import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SpendParams } from '../../lib/clv/models/gamma-gamma.ts';
import { fittedModel } from '../../lib/clv/models/purchase-models.ts';
import { UsageError } from '../../lib/errors.ts';
import { csvRecord } from '../../lib/export/csv.ts';
import { FITTED_MODELS, type FittedModelId } from '../../lib/run/models/fitted-model.ts';
import type { TimeUnit } from '../../lib/run/models/time-unit.ts';
import { countingLine } from '../counting-line.ts';
import { type CustomerFile, type CustomerRow, numberOf, openCustomerFile } from '../models/customer-file.ts';
import { readFit } from '../models/parameters.ts';
import { type Horizon, NAMES_IN_SCORES, type Prediction, predictPurchases, predictSpend } from '../models/predict-rows.ts';
import { unitOption } from '../models/unit-option.ts';
import { CHUNK, type Write, withOutput } from '../output.ts';

interface PredictOptions {
  readonly model: FittedModelId;
  readonly params: string;
  readonly file: string;
  readonly columns?: readonly string[];
  readonly unit: TimeUnit;
  readonly horizons?: readonly Horizon[];
  readonly pReturn?: true;
  readonly dert?: number;
  readonly out?: string;
  readonly json?: true;
}

/** Digits of every number: enough for each double to be read back as it was. */
const DIGITS = 17;

const HELP = `
Columns of the file: x repeat purchase days, t_x first to last purchase, T first purchase to today
(in days also under the names that scores gives them: t_x_days, tenure_days); for gamma-gamma x and
m, the mean spend of the repeat purchase days. One row out for each row in, in the same order; where
all of these are empty, for nothing was bought yet, so is what is predicted. Times of the file, of
the horizons and of the parameters are all in one unit; amounts are in units of the currency, not in
cents. Parameters of calibrations are those in force, in days.

Examples:
  npm run -s perennial -- calibrations --json > calibrations.json
  npm run -s perennial -- scores | npm run -s perennial -- predict --file - --model mbg-nbd \\
    --columns customer_id,x,t_x_days,tenure_days --params calibrations.json --horizons 30,365
  npm run -s perennial -- fit --cells cells.json --model bg-nbd --unit weeks --json > fit.json
  npm run -s perennial -- predict --model bg-nbd --params fit.json --unit weeks \\
    --horizons 1,13,26,52 --file customers.csv
  npm run -s perennial -- predict --model gamma-gamma \\
    --params '{"p":6.25,"q":3.74,"v":15.44}' --file spend.csv
`;

/** Adds `predict`: what a fitted model says of customers in a CSV file. */
export function registerPredict(program: Command): void {
  program
    .command('predict')
    .summary('what a fitted model says of customers in a file')
    .description('Adds p_alive and expected_<h> for every horizon to a CSV file of customers, or expected_spend for gamma-gamma.')
    .addOption(new Option('--model <name>', 'model').choices(FITTED_MODELS).makeOptionMandatory())
    .requiredOption('--params <json>', 'parameters: JSON, or a file of it, as `fit --json` or `calibrations --json` prints it')
    .requiredOption('--file <csv>', 'CSV file with a header; - is standard input')
    .option('--columns <list>', 'columns of the file to keep, divided by commas (default: all)', parseColumns)
    .option('--horizons <list>', 'horizons, divided by commas (not for gamma-gamma)', parseHorizons)
    .addOption(unitOption('unit of the file, the horizons and the parameters, all of them'))
    .option('--p-return', 'also p_return_<h>: the probability of at least one purchase in the horizon')
    .option(
      '--dert <rate>',
      'also dert: purchases of the whole future, discounted at this continuous rate per unit of time, which is per day with days (pareto-nbd)',
      parseRate,
    )
    .option('--out <file>', 'file to write instead of standard output')
    .option('--json', 'print a JSON array of the rows instead of CSV')
    .addHelpText('after', HELP)
    .action(predict);
}

function parseColumns(text: string): string[] {
  const columns = text.split(',').map((name) => name.trim());
  if (new Set(columns).size < columns.length) throw new InvalidArgumentError('Expected each column once.');
  return columns;
}

function parseHorizons(text: string): Horizon[] {
  const horizons = text.split(',').map((part) => ({ text: part.trim(), length: numberOf(part) ?? Number.NaN }));
  const wrong = horizons.find((one) => !(one.length >= 0));
  if (wrong)
    throw new InvalidArgumentError(`Expected lengths of time divided by commas, such as 1,13,26,52; found "${wrong.text}".`);
  if (new Set(horizons.map((one) => one.text)).size < horizons.length)
    throw new InvalidArgumentError('Expected each horizon once.');
  return horizons;
}

function parseRate(text: string): number {
  const rate = numberOf(text) ?? 0;
  if (rate <= 0) throw new InvalidArgumentError('Expected a rate above 0.');
  return rate;
}

/** What is asked of the model. @throws UsageError for options that do not go with it */
function predictionOf({ model, params: text, file, unit, horizons = [], pReturn, dert }: PredictOptions): Prediction {
  const { params, degenerate } = readFit('--params', text, { model, unit });
  if (degenerate) process.stderr.write('warning: the fit of --params is degenerate, so that predictions of it mean nothing.\n');
  if (model === 'gamma-gamma') {
    const foreign = horizons.length > 0 ? '--horizons' : pReturn ? '--p-return' : dert === undefined ? undefined : '--dert';
    if (foreign)
      throw new UsageError(`Option ${foreign}: gamma-gamma predicts spend, expected a model of purchases. Leave it out.`);
    return predictSpend(file, params as SpendParams);
  }
  if (horizons.length === 0 && (pReturn || dert === undefined))
    throw new UsageError('Option --horizons: missing, expected lengths of time such as 1,13,26,52. Add it.');
  if (dert !== undefined && model !== 'pareto-nbd') {
    throw new UsageError(`Option --dert: ${model} has no closed form of it, expected pareto-nbd. Leave it out.`);
  }
  return predictPurchases(file, fittedModel(model, params), { horizons, withReturn: pReturn === true, residualRate: dert });
}

async function predict(options: PredictOptions): Promise<void> {
  await refuseSameFile(options);
  const prediction = predictionOf(options);
  const file = await openCustomerFile(options.file, prediction.inputs, options.unit === 'days' ? NAMES_IN_SCORES : {});
  const kept = keptOf(file, options);
  const names = [...kept.map((at) => file.header[at] as string), ...prediction.outputs];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined && (options.json || prediction.outputs.includes(twice))) {
    throw new UsageError(
      `File ${options.file}: column ${twice} would be there twice, expected it once. Rename it, or name the columns to keep with --columns.`,
    );
  }
  await withOutput(options.out, (write) => writeRows({ file, prediction, kept, names }, write, options));
}

/** @throws UsageError when what is read would be written over */
async function refuseSameFile({ file, out }: PredictOptions): Promise<void> {
  if (out === undefined) return;
  const [read, written] = await Promise.all([file, out].map((path) => stat(path).catch(() => undefined)));
  if (!written?.isFile() || read?.ino !== written.ino || read.dev !== written.dev) return;
  throw new UsageError(`Option --out: ${out} is what --file names, expected another file. Name another file.`);
}

/** Positions of the columns that are kept, in the order in which they are asked for. */
function keptOf({ header }: CustomerFile, { columns, file }: PredictOptions): number[] {
  if (!columns) return [...header.keys()];
  const unknown = columns.filter((name) => !header.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(
      `Option --columns: ${unknown.join(', ')} not in ${file}, expected some of ${header.join(', ')}. Correct the list.`,
    );
  }
  return columns.flatMap((name) => [...header.keys()].filter((at) => header[at] === name));
}

/** What is put out of which file. */
interface Output {
  readonly file: CustomerFile;
  readonly prediction: Prediction;
  /** Positions of the columns of the file that are kept. */
  readonly kept: readonly number[];
  /** Columns that are written. */
  readonly names: readonly string[];
}

async function writeRows(output: Output, write: Write, { json, out }: PredictOptions): Promise<void> {
  const { file, prediction, kept, names } = output;
  const read = prediction.inputs.map(file.at);
  const line = countingLine('predict');
  let chunk = json ? '[' : csvRecord(names);
  let rows = 0;
  let without = 0;
  let blank = 0;
  for await (const row of file.rows) {
    const values = isBlank(read, row) ? undefined : prediction.valuesOf(file, row);
    if (!values) blank++;
    else if (values.includes(null)) without++;
    const written = values ?? prediction.outputs.map(() => null);
    if (json) {
      const fields = kept.map((at) => jsonField(row.fields[at] as string, read.includes(at)));
      chunk += `${rows === 0 ? '' : ','}\n${jsonRow(names, [...fields, ...written])}`;
    } else chunk += csvRecord([...kept.map((at) => row.fields[at] as string), ...written.map(digitsOf)]);
    line.show('customers', ++rows);
    if (chunk.length < CHUNK) continue;
    await write(chunk);
    chunk = '';
  }
  await write(json ? `${chunk}\n]\n` : chunk);
  line.end();
  if (without > 0) process.stderr.write(`rows without a value: ${without}; their mean does not exist (p x + q <= 1)\n`);
  if (blank > 0)
    process.stderr.write(
      `rows without a purchase: ${blank}; their ${prediction.inputs.join(', ')} are empty, and so is what is predicted\n`,
    );
  if (out !== undefined) process.stderr.write(`${rows} rows in ${out}\n`);
}

/** True for a customer who never bought: nothing stands where the model reads. */
const isBlank = (read: readonly number[], { fields }: CustomerRow): boolean => read.every((at) => fields[at]?.trim() === '');

const digitsOf = (value: number | null): string | null => (value === null ? null : value.toPrecision(DIGITS));

/** What the model reads as a number, whatever else there is as the text that it is: an id of digits is no number. */
const jsonField = (text: string, isRead: boolean): string | number | null => (isRead ? (numberOf(text) ?? null) : text);

const jsonRow = (names: readonly string[], values: readonly (string | number | null)[]): string =>
  JSON.stringify(Object.fromEntries(values.map((value, i) => [names[i], value])));
