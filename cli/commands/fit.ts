import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BootstrapReport, reportBootstrap } from '../../lib/run/models/bootstrap-report.ts';
import { type FitInput, inputOfBuyers } from '../../lib/run/models/fit-input.ts';
import { type FitReport, reportFit } from '../../lib/run/models/fit-report.ts';
import { FITTED_MODELS, type FittedModelId } from '../../lib/run/models/fitted-model.ts';
import type { TimeUnit } from '../../lib/run/models/time-unit.ts';
import type { BusinessDate } from '../../lib/time.ts';
import { type BuyerOptions, withBuyerSource, withBuyers } from '../buyer-source.ts';
import type { CliContext } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { poissonDraws, uniformStream } from '../generate/random.ts';
import { readCellsFile } from '../models/cells-file.ts';
import { readFit } from '../models/parameters.ts';
import { unitOption } from '../models/unit-option.ts';
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

/** More samples than anybody needs: the ends of an interval move by a hundredth of its width. */
const MAX_REPLICATES = 10_000;

const HELP = `
Fits by maximum likelihood, writes nothing, and changes nothing that is in force. Times (alpha,
beta) are in --unit, amounts (v) in units of the currency. A fit that must not be used is called
degenerate, with the reasons; docs/formulas.md explains them.

A file of --cells, times in days:
  {"cells": [[x, t_x, T, customers], ...], "repeat_spend_cents": [[x, cents, customers], ...]}

Examples:
  npm run -s perennial -- fit --date 2025-08-08
  npm run -s perennial -- fit --date 2025-08-08 --data drops/ --model pareto-nbd --json
  npm run -s perennial -- fit --cells cells.json --model bg-nbd --unit weeks --bootstrap 200
`;

/** Counted customers come from nowhere else, and no configuration holds for them. */
const FOREIGN_TO_CELLS = ['data', 'home', 'stack', 'config'];

/** Adds `fit`: parameters of a model, fitted to the buyers of a date or to counted customers. */
export function registerFit(program: Command, context: CliContext): void {
  withBuyerSource(program.command('fit'))
    .summary('fit a model, and see how well it is known')
    .description('Fits a model to the buyers as known on a date, and prints its parameters with their standard errors.')
    .option(
      '--date <date>',
      'business date (default: the last committed one, of --data the newest; of --cells it is told alone)',
      parseDate,
    )
    .addOption(
      new Option('--model <name>', 'model (default: that of the configuration; of --cells mbg-nbd)').choices(FITTED_MODELS),
    )
    .addOption(new Option('--cells <file>', 'file of counted customers, instead of a home').conflicts(FOREIGN_TO_CELLS))
    .addOption(unitOption('unit of alpha and beta'))
    .option('--start <json>', 'parameters to start from: JSON, or a file of it (default: those of the model)')
    .option(
      '--bootstrap <count>',
      'also redraw the customers so often: intervals of parameters, totals and tiers',
      parseReplicates,
    )
    .option('--seed <number>', 'seed of the bootstrap', parseCount, 1)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: FitOptions) => runFit(options, context));
}

function parseReplicates(text: string): number {
  const replicates = parseCount(text);
  if (replicates > MAX_REPLICATES) throw new InvalidArgumentError(`Expected at most ${MAX_REPLICATES}; 200 to 1000 are usual.`);
  return replicates;
}

async function runFit(options: FitOptions, context: CliContext): Promise<void> {
  const input = await readInput(options, context);
  const model = options.model ?? input.buyers?.config.clv.model ?? 'mbg-nbd';
  const start = options.start === undefined ? undefined : readFit('--start', options.start, { model, unit: options.unit }).params;
  const fitted = reportFit(input, { model, unit: options.unit, start, date: options.date });
  const bootstrap = bootstrapOf(input, fitted, options);
  const report = bootstrap ? { ...fitted, bootstrap } : fitted;
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 1)}\n` : fitText(report));
}

/** The bootstrap that is asked for; none of a degenerate fit, which has nothing to start from. */
function bootstrapOf(input: FitInput, fitted: FitReport, options: FitOptions): BootstrapReport | undefined {
  const { bootstrap: replicates, seed, unit } = options;
  if (replicates === undefined) return undefined;
  if (fitted.degenerate) {
    process.stderr.write(`warning: no bootstrap, for the fit is degenerate: ${describeReasons(fitted.reasons)}.\n`);
    return undefined;
  }
  const line = countingLine('fit');
  let done = 0;
  const onReplicate = () => line.show('samples', ++done, replicates);
  const poisson = (stream: number) => poissonDraws(uniformStream(seed, stream));
  const bootstrap = reportBootstrap(input, fitted, { replicates, seed, unit, poisson, onReplicate });
  line.end();
  return bootstrap;
}

async function readInput(options: FitOptions, context: CliContext): Promise<FitInput> {
  if (options.cells !== undefined) return readCellsFile(options.cells, options.model);
  return withBuyers('fit', { options, date: options.date, context }, inputOfBuyers);
}
