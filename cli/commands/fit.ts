import { type Command, Option } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import type { BusinessDate } from '../../lib/time.ts';
import { type BuyerOptions, withBuyerSource, withBuyers } from '../buyer-source.ts';
import type { CliContext } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { reportBootstrap } from '../models/bootstrap-report.ts';
import { readCellsFile } from '../models/cells-file.ts';
import { type FitInput, inputOfBuyers, inputOfCells } from '../models/fit-input.ts';
import { reportFit } from '../models/fit-report.ts';
import { FITTED_MODELS, type FittedModelId, readParameters } from '../models/parameters.ts';
import { type TimeUnit, unitOption } from '../models/unit-option.ts';
import { parseCount, parseDate } from '../options.ts';
import { fitText } from '../views/fit.ts';
import { describeReasons } from '../views/fit-reasons.ts';

interface FitOptions extends BuyerOptions {
  readonly date?: BusinessDate;
  readonly model?: FittedModelId;
  readonly cells?: string;
  readonly unit: TimeUnit;
  readonly start?: string;
  readonly bootstrap?: number;
  readonly seed: number;
  readonly json?: true;
}

const HELP = `
Fits by maximum likelihood, writes nothing, and changes nothing that is in force. Times (alpha, beta) are in --unit, amounts (v) in units
of the currency. A fit that must not be used is called degenerate, with the reasons; docs/formulas.md explains them.

A file of --cells: {"cells": [[x, t_x, T, customers], ...], "repeat_spend_cents": [[x, cents, customers], ...]}, times in days.

Examples:
  npm run -s perennial -- fit --date 2025-08-08
  npm run -s perennial -- fit --date 2025-08-08 --data drops/ --model pareto-nbd --json
  npm run -s perennial -- fit --cells cells.json --model bg-nbd --unit weeks --bootstrap 200
`;

/** Adds `fit`: parameters of a model, fitted to the buyers of a date or to counted customers. */
export function registerFit(program: Command, context: CliContext): void {
  withBuyerSource(program.command('fit'))
    .summary('fit a model, and see how well it is known')
    .description('Fits a model to the buyers as known on a date, and prints its parameters with their standard errors.')
    .option('--date <date>', 'business date (default: the last committed one, of --data the newest)', parseDate)
    .addOption(new Option('--model <name>', 'model (default: that of the configuration)').choices(FITTED_MODELS))
    .addOption(
      new Option('--cells <file>', 'file of counted customers, instead of a home').conflicts(['date', 'data', 'home', 'stack']),
    )
    .addOption(unitOption('unit of alpha and beta'))
    .option('--start <json>', 'parameters to start from: JSON, or a file of it (default: those of the model)')
    .option('--bootstrap <count>', 'also redraw the customers so often: intervals of parameters, totals and tiers', parseCount)
    .option('--seed <number>', 'seed of the bootstrap', parseCount, 1)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: FitOptions) => runFit(options, context));
}

async function runFit(options: FitOptions, context: CliContext): Promise<void> {
  const input = await readInput(options, context);
  const model = options.model ?? input.buyers?.config.clv.model ?? 'mbg-nbd';
  const start = options.start === undefined ? undefined : readParameters('--start', options.start, model);
  const fitted = reportFit(input, { model, unit: options.unit, start });
  const { bootstrap: replicates, seed, unit } = options;
  if (replicates !== undefined && fitted.degenerate) {
    throw new UsageError(
      `Option --bootstrap: the fit is degenerate (${describeReasons(fitted.reasons)}), expected a sound one. Leave it out, or choose another model.`,
    );
  }
  const line = countingLine('fit');
  let done = 0;
  const onReplicate = () => line.show('samples', ++done, replicates);
  const bootstrap =
    replicates === undefined ? undefined : reportBootstrap(input, fitted, { replicates, seed, unit, onReplicate });
  line.end();
  const report = bootstrap ? { ...fitted, bootstrap } : fitted;
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 1)}\n` : fitText(report));
}

async function readInput(options: FitOptions, context: CliContext): Promise<FitInput> {
  if (options.cells !== undefined) return inputOfCells(readCellsFile(options.cells));
  return withBuyers('fit', { options, date: options.date, context }, inputOfBuyers);
}
