import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { PerennialConfig } from '../../lib/config/config.ts';
import { configChanges } from '../../lib/config/config-changes.ts';
import { configHash, parseConfig } from '../../lib/config/load.ts';
import { type ConfigInForce, configInForce } from '../../lib/run/config-in-force.ts';
import { configOfDate, putConfig, resetConfig } from '../../lib/run/put-config.ts';
import { askedConfig } from '../../lib/run/rebuild/asked-config.ts';
import type { BusinessDate } from '../../lib/time.ts';
import { type CliContext, configFile, type HomeOptions, homeDir, type OpenHome, readConfigFile } from '../context.ts';
import { nextCommand } from '../next-command.ts';
import { parseDate, withHome } from '../options.ts';
import { changeTable, describeSwap } from '../views/config.ts';

type Options = HomeOptions & { readonly json?: true };

const HELP = `
Which configuration holds, the strongest first: a file (--config, or perennial.config.json in the working folder), what was put, what
the stack was deployed with, every default. A run that was begun ends with the configuration that it began with.

Examples:
  npm run -s perennial -- config put perennial.config.json --home shop
  npm run -s perennial -- config show
  npm run -s perennial -- config show --date 2025-08-08 --json     what that committed date was computed with
  npm run -s perennial -- config reset
`;

/** Adds `config put`, `config show` and `config reset`. */
export function registerConfig(program: Command, context: CliContext): void {
  const config = withHome(program.command('config'))
    .summary('put, show or reset the configuration of a home or a stack')
    .description('The configuration of a home or a stack.')
    .addHelpText('after', HELP);
  const withOptions = (command: Command) => withHome(command).option('--json', 'print JSON');
  withOptions(config.command('put'))
    .description('checks a configuration file and keeps it: it holds from the next night on')
    .argument('<file>', 'JSON as perennial.config.json')
    .action((file: string, _: Options, command: Command) => {
      const text = readConfigFile(file);
      return withOpenHome(context, command, 'create', async (home, options) =>
        tellSwap(await putConfig(home.deps, text, file), home, options),
      );
    });
  withOptions(config.command('show'))
    .description('the configuration in force, where it comes from, and its hash')
    .option('--date <date>', 'committed date: what it was computed with', parseDate)
    .action((_: Options, command: Command) => withOpenHome(context, command, 'existing', show));
  withOptions(config.command('reset'))
    .description('takes back what was put')
    .action((_: Options, command: Command) => withOpenHome(context, command, 'existing', reset));
}

async function withOpenHome(
  context: CliContext,
  command: Command,
  mode: 'create' | 'existing',
  use: (home: OpenHome, options: Options) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const isNew = options.stack === undefined && !existsSync(homeDir(options));
  const home = await context.openHome(options, mode);
  if (isNew) process.stderr.write(`note: home ${homeDir(options)} is new; it was made.\n`);
  try {
    await use(home, options);
  } finally {
    await home.close();
  }
}

async function reset(home: OpenHome, options: Options): Promise<void> {
  tellSwap(await resetConfig(home.deps), home, options);
}

function tellSwap(swap: Awaited<ReturnType<typeof putConfig>>, { deps }: OpenHome, options: Options): void {
  const stronger = deps.configText === '' ? null : (configFile(options) ?? null);
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...swap, stronger })}\n` : describeSwap(swap, nextCommand('rebuild', options)),
  );
  if (stronger !== null) {
    process.stderr.write(
      `warning: ${stronger} is stronger than what is put: commands that find it take it. Remove it, or run them in another folder.\n`,
    );
  }
}

async function show(home: OpenHome, options: Options & { readonly date?: BusinessDate }): Promise<void> {
  if (options.date !== undefined) {
    const { runId, config } = await configOfDate(home.deps, options.date);
    const of = { runId, date: options.date, sha256: configHash(config) };
    return print({ ...of, config }, `Configuration of ${options.date}, run ${runId}.`, options);
  }
  const force = await configInForce(home.deps);
  const config = await askedConfig(home.deps);
  const { origin, putAt } = force;
  const file = origin === 'file' ? (configFile(options) ?? null) : null;
  const shown = { origin, file, putAt: putAt || null, sha256: configHash(config), config };
  return print(shown, `Configuration in force: ${originText(force, file)}.`, options);
}

function originText({ origin, where, putAt }: ConfigInForce, file: string | null): string {
  if (origin === 'file') return `the file ${file ?? where}`;
  if (origin === 'put') return `what was put at ${putAt} (${where} in the lake)`;
  return origin === 'deployed' ? 'what the stack was deployed with' : 'every default';
}

function print(shown: { sha256: string; config: PerennialConfig }, title: string, { json }: Options): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(shown, undefined, 1)}\n`);
    return;
  }
  const changes = configChanges(parseConfig({}, 'of defaults'), shown.config);
  const table = changes.length === 0 ? 'Every key has its default.\n' : changeTable(changes, ['default', 'value']);
  process.stdout.write(`${title}\nHash, as in run records: ${shown.sha256}\n${table}`);
}
