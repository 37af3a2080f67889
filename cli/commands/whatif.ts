import type { Command } from 'commander';
import { whatIf } from '../../lib/run/whatif/what-if.ts';
import { openScratchStore } from '../../lib/store/objects.ts';
import type { BusinessDate } from '../../lib/time.ts';
import { type CliContext, type HomeOptions, type OpenHome, readConfigFile } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { makeScratchFolder } from '../local/scratch-folder.ts';
import { parseDate, withPlace } from '../options.ts';
import { whatIfText } from '../views/whatif.ts';

interface Options extends HomeOptions {
  readonly config: string;
  readonly from: BusinessDate;
  readonly to?: BusinessDate;
  readonly json?: true;
}

const HELP = `
The committed facts of the range go through the steps of a run twice, under FILE and under the configuration of the newest committed
run, so that only the configuration differs. Both replays go on from the newest books kept of a day before --from; where none are
kept they begin with the first date, and the output says so. Nothing is written to the home or the stack: results lie in a folder
for temporary files until the command ends. FILE must keep what decides the facts: time zone, currency, shards, mapping. As with
every configuration file, what it does not say has its default; begin with a copy of yours (field config of \`config show --json\`).

Example:
  echo '{"stages": {"decliningQ": 0.6}}' > stricter.json
  npm run -s perennial -- whatif --config stricter.json --from 2025-07-01
`;

/** Adds `whatif`: how a range would have gone under other thresholds. */
export function registerWhatif(program: Command, context: CliContext): void {
  withPlace(program.command('whatif'))
    .summary('how committed dates would have gone under another configuration')
    .description('Replays committed dates under another configuration, writes nothing, and prints what would differ.')
    .requiredOption('--config <file>', 'the other configuration, JSON as perennial.config.json')
    .requiredOption('--from <date>', 'first date to compare', parseDate)
    .option('--to <date>', 'last date (default: the last committed one)', parseDate)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const configText = readConfigFile(options.config);
      // of the other configuration nothing but the replay may know
      const { config: _other, ...place } = options;
      const home = await context.openHome(place);
      try {
        await tell(home, options, configText);
      } finally {
        await home.close();
      }
    });
}

async function tell({ deps }: OpenHome, { config: where, from, to, json }: Options, configText: string): Promise<void> {
  const line = countingLine('whatif');
  const folder = await makeScratchFolder('whatif');
  try {
    const watch = {
      signal: new AbortController().signal,
      onPart: (done: number, of: number) => line.show('parts replayed:', done, of),
    };
    const found = await whatIf(deps, { configText, where, from, to }, openScratchStore(folder.url), watch);
    line.end();
    process.stdout.write(json ? `${JSON.stringify(found, undefined, 1)}\n` : whatIfText(found, where));
  } finally {
    line.end();
    await folder.remove();
  }
}
