import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { DROP_ENDINGS } from '../../lib/drop/file-format.ts';
import { UsageError } from '../../lib/errors.ts';
import { DROP_MARKERS, lakeKeys } from '../../lib/keys.ts';
import { rewrittenDrops } from '../../lib/run/compact/compaction-log.ts';
import { counted } from '../../lib/run/counted.ts';
import { dateOfFolder, listDrop } from '../../lib/run/drop-folder.ts';
import { eachConcurrently } from '../../lib/store/concurrently.ts';
import { type ObjectStore, openObjectStore } from '../../lib/store/objects.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { type CopyTarget, copyDrop, leftInLake } from '../copy-drops.ts';
import { type CountingLine, countingLine, silentLine } from '../counting-line.ts';
import { nextCommand } from '../next-command.ts';
import { withHome } from '../options.ts';
import { count } from '../table.ts';

const HELP = `
DIR holds one folder per business date with a marker dt=2025-08-08/_SUCCESS (or manifest.json) and, in any number,
  dt=2025-08-08/transactions/*   sales, refunds and voids
  dt=2025-08-08/interactions/*   visits, inquiries, complaints, reviews, ...
  dt=2025-08-08/customers/*      addresses, consents, country
  dt=2025-08-08/rates/*          exchange rates
  dt=2025-08-08/erasures/*       customers who asked to be forgotten
Files are ${DROP_ENDINGS}; one drop may mix them.
Files are copied first and markers last, so a run never sees half a drop. Putting the same drops again changes nothing.
A corrected file takes the place of an earlier one of its name with --replace. What a committed run took from the earlier one stays.
A file that compact has changed in the lake is not copied again, with --replace neither, as long as it is the one from before.

Examples:
  npm run -s perennial -- put drops/
  npm run -s perennial -- put drops/ --replace     (after a run refused a file of them)
  npm run -s perennial -- put drops/ --stack Perennial
`;

/** Files, or folders, that a message names. */
const SHOWN = 5;

/** Files that are copied at once: a bucket takes a while for each, and each is held in memory. */
const AT_ONCE = 8;

type PutOptions = HomeOptions & { readonly replace?: true; readonly quiet?: true };

/** Adds `put DIR`. */
export function registerPut(program: Command, context: CliContext): void {
  withHome(program.command('put'))
    .summary('copy drops into the lake')
    .description('Copies dated drops into the lake of the home, or of the stack.')
    .argument('<dir>', 'folder of drops')
    .option('--replace', 'put files in the place of others of their name')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action((dir: string, options: PutOptions) => put(context, dir, options));
}

async function put(context: CliContext, dir: string, options: PutOptions): Promise<void> {
  const source = openObjectStore(pathToFileURL(resolve(dir)).href);
  const { drops: lake } = await context.openDrops(options);
  const { keys, odd } = await listSource(source, dir);
  const dates = new Set(keys.map(folderOf));
  const marked = new Set(keys.filter(isMarker).map(folderOf));
  const target: CopyTarget = {
    lake,
    mayReplace: options.replace === true,
    compacted: await rewrittenDrops({ lake }),
    replaceCommand: nextCommand(`put ${dir} --replace`, options),
  };
  const line = options.quiet ? silentLine : countingLine('put');
  const { copied, compacted } = await copyAll(source, keys, target, line).finally(() => line.end());
  const left = compacted.length === 0 ? '' : `, ${count(compacted.length)} changed by compaction and not copied`;
  process.stdout.write(
    `${count(copied)} of ${count(keys.length)} files copied${left}, dates: ${count(dates.size)}. Next: ${nextCommand('run', options)}\n`,
  );
  for (const [key, compaction] of compacted.slice(0, SHOWN)) {
    process.stderr.write(`note: ${dir}/${key}: changed by compaction ${compaction}, not copied.\n`);
  }
  for (const date of [...dates].filter((name) => !marked.has(name))) {
    process.stderr.write(
      `warning: ${dir}/${date} has no marker, so no run takes it yet. Write _SUCCESS (an empty file) and put again.\n`,
    );
  }
  for (const folder of odd) process.stderr.write(`warning: ${dir}/${folder} was not copied, expected folders dt=YYYY-MM-DD.\n`);
  await warnOfUnread(source, dir, dates);
  await tellLeft(lake, dir, keys);
}

interface Copied {
  readonly copied: number;
  /** Files that a compaction changed, in the order of keys. */
  readonly compacted: readonly (readonly [key: string, compaction: string])[];
}

/** Copies files first and markers last. */
async function copyAll(source: ObjectStore, keys: readonly string[], target: CopyTarget, line: CountingLine): Promise<Copied> {
  const compactions = new Map<string, string>();
  let copied = 0;
  let seen = 0;
  const copy = async (key: string) => {
    const done = await copyDrop(source, key, target);
    if (typeof done === 'object') compactions.set(key, done.compaction);
    else if (done !== 'same') copied++;
    line.show('copied', ++seen, keys.length);
  };
  await eachConcurrently(
    keys.filter((key) => !isMarker(key)),
    AT_ONCE,
    copy,
  );
  await eachConcurrently(keys.filter(isMarker), AT_ONCE, copy);
  const compacted = keys.flatMap((key) => {
    const compaction = compactions.get(key);
    return compaction === undefined ? [] : [[key, compaction] as const];
  });
  return { copied, compacted };
}

const folderOf = (key: string): string => key.split('/')[0] as string;
const isMarker = (key: string): boolean => (DROP_MARKERS as readonly string[]).includes(key.split('/')[1] ?? '');

/** Files of dates, and folders that are no dates. @throws UsageError when there is no date */
async function listSource(source: ObjectStore, dir: string): Promise<{ keys: string[]; odd: Set<string> }> {
  const keys: string[] = [];
  const odd = new Set<string>();
  for await (const { key } of source.list('')) {
    if (!key.includes('/')) continue;
    if (dateOfFolder(folderOf(key))) keys.push(key);
    else odd.add(folderOf(key));
  }
  if (keys.length > 0) return { keys, odd };
  const seen =
    odd.size === 0 ? 'no drops' : `no drops, but ${[...odd].slice(0, SHOWN).join(', ')}${odd.size > SHOWN ? ', ...' : ''}`;
  const next = odd.size === 0 ? 'Correct the path' : 'Correct the path, or name the folders so';
  throw new UsageError(`Folder ${dir}: ${seen}, expected dt=YYYY-MM-DD/<feed>/* with a marker. ${next}.`);
}

/** Tells what an earlier put, or somebody else, left in the folders of these dates. */
async function tellLeft(lake: ObjectStore, dir: string, keys: readonly string[]): Promise<void> {
  const known = new Set(keys);
  const leftOf = new Map<string, string[]>();
  const dates = new Set(keys.map(folderOf));
  await eachConcurrently(dates, AT_ONCE, async (date) => void leftOf.set(date, await leftInLake(lake, date, known)));
  for (const date of dates) {
    const left = leftOf.get(date) ?? [];
    const where = `${lake.url}/${lakeKeys.dropsPrefix}/${date}`;
    if (left.includes(`${date}/manifest.json`)) {
      process.stderr.write(
        `warning: ${where}/manifest.json is no longer in ${dir}; runs check the files against it all the same. Remove it, or put a new one.\n`,
      );
    }
    const files = left.filter((key) => !isMarker(key)).map((key) => key.slice(date.length + 1));
    if (files.length === 0) continue;
    const named = `${files.slice(0, SHOWN).join(', ')}${files.length > SHOWN ? ', ...' : ''}`;
    process.stderr.write(
      `note: ${where} has ${counted(files.length, 'file')} that ${dir} has not (${named}); runs read them too. Remove what is not to be read.\n`,
    );
  }
}

/** Says which files no run will read, and why. */
async function warnOfUnread(source: ObjectStore, dir: string, folders: Iterable<string>): Promise<void> {
  for (const folder of folders) {
    const { skipped } = await listDrop(source, dateOfFolder(folder) as BusinessDate);
    for (const { key, reason } of skipped.slice(0, SHOWN)) {
      process.stderr.write(`warning: ${dir}/${key} was copied, but no run reads it: ${reason}.\n`);
    }
    const more = skipped.length - SHOWN;
    if (more > 0) process.stderr.write(`warning: ${dir}/${folder}: ${count(more)} more files that no run reads.\n`);
  }
}
