import { createReadStream, existsSync } from 'node:fs';
import type { Command } from 'commander';
import { csvRanges } from '../../lib/drop/kept-records.ts';
import { UsageError } from '../../lib/errors.ts';
import { bytesOf } from '../../lib/run/compact/change.ts';
import { type Forgotten, forget } from '../../lib/run/forget.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { nextCommand } from '../next-command.ts';
import { dropsUrlOf, withHome } from '../options.ts';
import { count } from '../table.ts';

const HELP = `
How a customer is forgotten:
  1. forget writes the request as a file of the erasures feed into the drop of the last committed date.
  2. The next run takes it: the customer is gone from scores, profiles, transitions and full lists, and stands once in the lists of
     those who exited, so that marketing tools drop the customer too.
  3. compact removes the customer from every file of the lake and the exports, and writes a proof (a keyed hash and the dates).
  Old drops that come back do not bring the customer back. A purchase after the request begins a new customer.

Drops read in place (run --data DIR): give the same --data DIR here, so that the next run finds the request. compact does not change
files outside the home; remove the customer's rows there yourself.

Examples:
  npm run -s perennial -- forget C-1042
  npm run -s perennial -- forget C-1042 C-2001 --requested-at 2026-03-08T12:00:00+08:00
  npm run -s perennial -- forget --file ids.csv            (first column, with or without a header customer_id)
`;

interface ForgetOptions extends HomeOptions {
  readonly requestedAt?: string;
  readonly file?: string;
  readonly data?: string;
  readonly json?: true;
}

/** Adds `forget CUSTOMER`. */
export function registerForget(program: Command, context: CliContext): void {
  withHome(program.command('forget'))
    .summary('erase customers on their request')
    .description('Asks for the erasure of customers; the next run carries it out, compact finishes it.')
    .argument('[customers...]', 'ids of the customers')
    .option('--file <file>', 'CSV file with ids in its first column')
    .option('--requested-at <instant>', 'ISO 8601 with offset (default: the later of now and the end of the last committed day)')
    .option('--data <dir>', 'folder of drops that the next run reads in place')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (given: string[], options: ForgetOptions) => {
      const ids = [...given, ...(options.file === undefined ? [] : await readIds(options.file))];
      if (ids.length === 0) throw new UsageError('Forget: no customer, expected an id or --file IDS.csv. Name whom to forget.');
      const requestedAt = options.requestedAt === undefined ? undefined : parseInstant(options.requestedAt);
      const home = await context.openHome(options);
      try {
        const request = {
          ids,
          ...(requestedAt === undefined ? {} : { requestedAt }),
          ...(options.data === undefined ? {} : { dropsUrl: dropsUrlOf(options.data, options) }),
        };
        const done = await forget(request, home.deps, await home.config());
        process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : describe(done, given, options));
      } finally {
        await home.close();
      }
    });
}

function parseInstant(text: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new UsageError(
    `Option --requested-at: ${text}, expected ISO 8601 with an offset such as 2026-03-08T12:00:00+08:00. Correct the instant.`,
  );
}

/** Ids in the first column of a file. */
async function readIds(file: string): Promise<string[]> {
  if (!existsSync(file))
    throw new UsageError(`Option --file: no file ${file}, expected a CSV with ids in its first column. Correct the path.`);
  const ids: string[] = [];
  await bytesOf(
    csvRanges(createReadStream(file), ',', (record) => {
      ids.push(record.field(0));
      return 'drop';
    }),
  );
  return ids[0] === 'customer_id' ? ids.slice(1) : ids;
}

/** What was done, naming no id but those that were typed. */
function describe(
  { customers, key, dropsUrl, requestedAt, appliedBy }: Forgotten,
  typed: readonly string[],
  options: ForgetOptions,
): string {
  const compact = nextCommand('compact', { ...options, data: undefined });
  const lines: string[] = [];
  const inFile = customers.filter(({ id }) => !typed.includes(id));
  for (const { id, state, isKnown } of customers.filter((customer) => typed.includes(customer.id))) {
    const note =
      isKnown || state === 'erased' ? '' : ' (no such customer in the committed run; the request is kept all the same)';
    lines.push(`${id}: ${STATES[state]}${note}`);
  }
  if (inFile.length > 0) {
    const told = Object.entries(STATES).map(([state, words]) => {
      const number = inFile.filter((customer) => customer.state === state).length;
      return number > 0 ? `${count(number)} ${words}` : '';
    });
    const unknown = inFile.filter(({ isKnown, state }) => !isKnown && state !== 'erased').length;
    if (unknown > 0) told.push(`${count(unknown)} of them not in the committed run; their requests are kept all the same`);
    lines.push(`From the file: ${told.filter((words) => words !== '').join('; ')}`);
  }
  if (key !== '') lines.push(`Written: ${dropsUrl}/${key}, as of ${requestedAt}`);
  if (customers.some(({ state }) => state !== 'erased')) {
    lines.push(`Next: ${nextCommand('run', options)}    (from ${appliedBy} on; carries it out)`);
    lines.push(`Then: ${compact}    (removes what is left in files)`);
  } else if (customers.length > 0) lines.push(`Next: ${compact}    (if it was not run since; it says so when nothing is left)`);
  return `${lines.join('\n')}\n`;
}

const STATES = {
  requested: 'to be erased',
  waiting: 'asked for already, waits for the next run',
  erased: 'erased already',
} as const;
