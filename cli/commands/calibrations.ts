import type { Command } from 'commander';
import { readCalibratedNight, readCalibratedNights } from '../../lib/run/read-results.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { withDates, withHome } from '../options.ts';
import { calibrationText } from '../views/calibration.ts';
import { calibrationsText } from '../views/calibrations.ts';

type Options = HomeOptions & {
  readonly date?: BusinessDate;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly json?: true;
};

const HELP = `
With --from or --to: one line for every date with a fit or a baseline night. "moved" is the share of the buyers whom the fit would
move at once, "in a row" how many fits were refused for that alone (docs/architecture.md, Epochs). Of several reasons it
tells the first; --date tells all.

Examples:
  npm run -s perennial -- calibrations --date 2025-08-08
  npm run -s perennial -- calibrations --from 2025-01-01 --to 2025-08-08
`;

/** Adds `calibrations`: what was in force on a date, or what happened over a range. */
export function registerCalibrations(program: Command, context: CliContext): void {
  withDates(withHome(program.command('calibrations')))
    .summary('model and cut points in force on a date, or what became of the fits of a range')
    .description('The epoch, the RFM cut points and the tier cut points in force on a committed date, and the newest candidate.')
    .option('--json', 'print JSON; of a range an array with what --date prints of each date')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const home = await context.openHome(options);
      try {
        await (options.from || options.to ? tellRange(home, options) : tellDate(home, options));
      } finally {
        await home.close();
      }
    });
}

async function tellDate({ deps, config }: OpenHome, { date, json }: Options): Promise<void> {
  const { calibration, restated } = await readCalibratedNight(deps, date);
  print(json ? calibration : calibrationText(calibration, await config(), restated));
}

async function tellRange({ deps }: OpenHome, { from, to, json }: Options): Promise<void> {
  const line = countingLine('calibrations');
  const nights = await readCalibratedNights(deps, from, to, (done, of) => line.show('dates read:', done, of)).finally(line.end);
  print(json ? nights.map(({ calibration, restated }) => ({ ...calibration, restated })) : calibrationsText(nights));
}

function print(told: string | object): void {
  process.stdout.write(typeof told === 'string' ? told : `${JSON.stringify(told, undefined, 1)}\n`);
}
