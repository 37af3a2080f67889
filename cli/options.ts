import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../lib/errors.ts';
import { parseDay } from '../lib/time.ts';
import { DEFAULT_HOME, nextCommand } from './next-command.ts';
import { FORMATS } from './output.ts';

const HOME_TEXT = 'folder of lake/, exports/ and dynamo/';

/** Adds --home and --config: the command works on this computer. */
export function withLocalHome(command: Command): Command {
  return command
    .option('--home <dir>', HOME_TEXT, DEFAULT_HOME)
    .option(
      '--config <file>',
      'configuration (default: perennial.config.json here, else what `config put` left, else every default)',
    );
}

/** Adds --home and --config, and --stack, which takes their place. */
export function withHome(command: Command): Command {
  return withLocalHome(command).addOption(stackOption().conflicts(['home', 'config', 'workers']));
}

/** Adds --home, and --stack, which takes its place; what --config means is left to the command. */
export function withPlace(command: Command): Command {
  return command.option('--home <dir>', HOME_TEXT, DEFAULT_HOME).addOption(stackOption().conflicts(['home']));
}

function stackOption(): Option {
  return new Option('--stack <name>', 'a deployed stack instead of a home, with its own configuration').argParser(parseStackName);
}

function parseStackName(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected the name of a stack.');
  return text;
}

/** Adds --format and --out. */
export function withFormat(command: Command): Command {
  return command
    .addOption(new Option('--format <form>', 'form of the data').choices(FORMATS).default('csv'))
    .option('--out <file>', 'file to write instead of standard output');
}

/** Adds --format, --out and --json to a command that tells a person where none of them is given. */
export function withForms(command: Command): Command {
  return command
    .addOption(new Option('--format <form>', 'form of the data; csv where --out alone is given').choices(FORMATS))
    .option('--out <file>', 'file to write instead of standard output')
    .addOption(new Option('--json', 'print JSON').conflicts('format'));
}

/** Adds --date, and --from and --to, which take its place. */
export function withDates(command: Command): Command {
  return command
    .addOption(dateOption().conflicts(['from', 'to']))
    .option('--from <date>', 'first date of a range (default: the first committed one)', parseDate)
    .option('--to <date>', 'last date of a range (default: the last committed one)', parseDate);
}

/** The option --date of a command that reads what is committed. */
export function dateOption(): Option {
  return new Option('--date <date>', 'business date (default: the last committed one)').argParser(parseDate);
}

/** The option --snapshots. */
export function snapshotsOption(): Option {
  return new Option('--snapshots <which>', 'dates of a range for which scores are kept')
    .choices(['last', 'weekly', 'all'])
    .default('last');
}

/** Reads a date option. */
export function parseDate(text: string): string {
  if (parseDay(text) === undefined) throw new InvalidArgumentError('Expected a date that exists, YYYY-MM-DD.');
  return text;
}

/** Reads a whole number of at least 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

/**
 * URL of the folder of drops that `--data` names.
 *
 * @throws UsageError when there is none, or when it is a folder of this computer and the run is a stack's
 */
export function dropsUrlOf(data: string, { stack }: { readonly stack?: string }): string {
  if (stack !== undefined) {
    if (data.startsWith('s3://')) return data.replace(/\/+$/, '');
    throw new UsageError(
      `Option --data: ${data}, expected s3://BUCKET/PREFIX with --stack, for the stack cannot read this computer. Put the drops first: ${nextCommand(`put ${data}`, { stack })}`,
    );
  }
  if (!existsSync(data)) {
    throw new UsageError(`Option --data: no folder ${data}, expected drops dt=YYYY-MM-DD/<feed>/*. Correct the path.`);
  }
  return pathToFileURL(resolve(data)).href;
}
