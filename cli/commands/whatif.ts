import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigError } from '../../lib/errors.ts';
import { whatIf } from '../../lib/run/whatif/what-if.ts';
import { openScratchStore } from '../../lib/store/objects.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, OpenHome } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { makeScratchFolder } from '../local/scratch-folder.ts';
import { parseDate, withPlace } from '../options.ts';
import { whatIfText } from '../views/whatif.ts';

interface Options {
  readonly config: string;
  readonly home?: string;
  readonly stack?: string;
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
    .action(async ({ home, stack, ...options }: Options) => {
      const configText = await readText(options.config);
      const place = await context.openHome({
        ...(home === undefined ? {} : { home }),
        ...(stack === undefined ? {} : { stack }),
      });
      try {
        await tell(place, options, configText);
      } finally {
        await place.close();
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

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`Configuration ${file}: cannot be read, expected a JSON file. Correct the path.`, { cause });
  }
}
