import { type Command, Option } from 'commander';
import { type PurchaseHistories, purchaseHistories } from '../../lib/book/purchase-histories.ts';
import { MODEL_IDS, type ModelId } from '../../lib/clv/models/purchase-model.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Buyers } from '../../lib/run/models/fit-input.ts';
import { type HoldoutReport, reportHoldout } from '../../lib/run/models/holdout-report.ts';
import { addDays, type BusinessDate } from '../../lib/time.ts';
import { type BuyerOptions, withBuyerSource, withBuyers } from '../buyer-source.ts';
import type { CliContext } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { parseDate } from '../options.ts';
import { describeReasons } from '../views/fit-reasons.ts';
import { holdoutText } from '../views/holdout.ts';

interface HoldoutOptions extends BuyerOptions {
  readonly calibrateTo: BusinessDate;
  readonly to: BusinessDate;
  readonly model?: ModelId;
  readonly json?: true;
}

const HELP = `
Fits a model to what had been bought by --calibrate-to, lets it predict the days from then to --to,
and compares with what was bought. Beside it three rules of thumb: recency_only (what customers of
like recency did before), naive_rate (everybody goes on as so far) and always_zero. Reads what is
known on --to, writes nothing, and changes nothing that is in force. docs/guide.md tells how to read
it, docs/formulas.md defines every number.

Examples:
  npm run -s perennial -- holdout --calibrate-to 2025-05-10 --to 2025-08-08
  npm run -s perennial -- holdout --calibrate-to 2025-05-10 --to 2025-08-08 --model pareto-nbd
  npm run -s perennial -- holdout --calibrate-to 2025-05-10 --to 2025-08-08 --data drops/
`;

/** Adds `holdout`: how well a model predicts days that it has not seen. */
export function registerHoldout(program: Command, context: CliContext): void {
  withBuyerSource(program.command('holdout'))
    .summary('how well a model predicts days that it has not seen')
    .description(
      'Fits a model as of one date, predicts the days to another, and compares with what happened and with rules of thumb.',
    )
    .requiredOption('--calibrate-to <date>', 'last day that the model is fitted on', parseDate)
    .requiredOption('--to <date>', 'last day that is predicted: a committed date, of --data one with a drop', parseDate)
    .addOption(new Option('--model <name>', 'model (default: that of the configuration)').choices(MODEL_IDS))
    .option('--json', 'print JSON: every number, null where it is not defined')
    .addHelpText('after', HELP)
    .action((options: HoldoutOptions) => runHoldout(options, context));
}

async function runHoldout(options: HoldoutOptions, context: CliContext): Promise<void> {
  const { calibrateTo, to, json } = options;
  if (calibrateTo >= to) {
    throw new UsageError(
      `Option --to: ${to}, expected a date after ${calibrateTo} (--calibrate-to). Name one from ${addDays(calibrateTo, 1)} on.`,
    );
  }
  const report = await withBuyers('holdout', { options, date: to, context }, (buyers) => compare(buyers, options));
  const { fit } = report;
  if (json && fit.degenerate) {
    process.stderr.write(
      `warning: the fit of ${fit.model} is degenerate (${describeReasons(fit.reasons)}): it predicts nothing, and the rules of thumb stand alone.\n`,
    );
  }
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 1)}\n` : holdoutText(report));
}

async function compare({ books, config, currency }: Buyers, { calibrateTo, to, model }: HoldoutOptions): Promise<HoldoutReport> {
  const line = countingLine('holdout');
  const histories: PurchaseHistories[] = [];
  let buyers = 0;
  for await (const book of books) {
    const part = purchaseHistories(book);
    histories.push(part);
    buyers += part.starts.length - 1;
  }
  line.show('fitting and comparing, customers', buyers);
  const report = reportHoldout(histories, { calibrateTo, to, model: model ?? config.clv.model, config, currency });
  line.end();
  return report;
}
