import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { DROP_ENDINGS } from '../../lib/drop/file-format.ts';
import { InvalidDropError, InvariantBrokenError, UsageError } from '../../lib/errors.ts';
import { DROP_MARKERS, lakeKeys } from '../../lib/keys.ts';
import { dateOfFolder, listDrop } from '../../lib/run/drop-folder.ts';
import { type ObjectStore, openObjectStore } from '../../lib/store/objects.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
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

Examples:
  npm run -s perennial -- put drops/
  npm run -s perennial -- put drops/ --replace     (after a run refused a file of them)
`;

/** Files of a date that a warning names. */
const SHOWN_UNREAD = 5;

type PutOptions = HomeOptions & { readonly replace?: true };

/** Adds `put DIR`. */
export function registerPut(program: Command, context: CliContext): void {
  withHome(program.command('put'))
    .summary('copy drops into the lake')
    .description('Copies dated drops into the lake of the home.')
    .argument('<dir>', 'folder of drops')
    .option('--replace', 'put files in the place of others of their name')
    .addHelpText('after', HELP)
    .action(async (dir: string, options: PutOptions) => {
      const source = openObjectStore(pathToFileURL(resolve(dir)).href);
      const { drops } = await context.openDrops(options);
      const keys: string[] = [];
      const odd = new Set<string>();
      for await (const { key } of source.list('')) {
        const folder = key.split('/')[0] as string;
        if (key.includes('/') && dateOfFolder(folder)) keys.push(key);
        else if (key.includes('/')) odd.add(folder);
      }
      if (keys.length === 0) {
        throw new UsageError(`Folder ${dir}: no drops, expected dt=YYYY-MM-DD/<feed>/* with a marker. Correct the path.`);
      }
      const isMarker = (key: string) => (DROP_MARKERS as readonly string[]).includes(key.split('/')[1] ?? '');
      const ordered = [...keys.filter((key) => !isMarker(key)), ...keys.filter(isMarker)];
      let copied = 0;
      for (const key of ordered) {
        if ((await copy(drops, source, key, options.replace === true)) !== 'same') copied++;
      }
      const dates = new Set(keys.map((key) => key.split('/')[0]));
      const marked = new Set(keys.filter(isMarker).map((key) => key.split('/')[0]));
      process.stdout.write(`${count(copied)} of ${count(keys.length)} files copied, dates: ${count(dates.size)}. Next: run\n`);
      for (const date of [...dates].filter((name) => !marked.has(name))) {
        process.stderr.write(
          `warning: ${dir}/${date} has no marker, so no run takes it yet. Write _SUCCESS (an empty file) and put again.\n`,
        );
      }
      for (const folder of odd)
        process.stderr.write(`warning: ${dir}/${folder} was not copied, expected folders dt=YYYY-MM-DD.\n`);
      await warnOfUnread(source, dir, dates);
    });
}

/** Says which files no run will read, and why. */
async function warnOfUnread(source: ObjectStore, dir: string, folders: Iterable<string | undefined>): Promise<void> {
  for (const folder of folders) {
    const { skipped } = await listDrop(source, dateOfFolder(folder ?? '') as BusinessDate);
    for (const { key, reason } of skipped.slice(0, SHOWN_UNREAD)) {
      process.stderr.write(`warning: ${dir}/${key} was copied, but no run reads it: ${reason}.\n`);
    }
    const more = skipped.length - SHOWN_UNREAD;
    if (more > 0) process.stderr.write(`warning: ${dir}/${folder}: ${count(more)} more files that no run reads.\n`);
  }
}

/** @throws InvalidDropError when the lake holds other content under the key and it is not to be replaced */
async function copy(
  drops: ObjectStore,
  source: ObjectStore,
  key: string,
  mayReplace: boolean,
): Promise<'created' | 'replaced' | 'same'> {
  const bytes = await source.read(key);
  const target = `${lakeKeys.dropsPrefix}/${key}`;
  try {
    return await drops.create(target, bytes);
  } catch (cause) {
    if (!(cause instanceof InvariantBrokenError)) throw cause;
    if (!mayReplace) {
      throw new InvalidDropError(
        `Drop file ${key}: other content than the one in the lake, expected the same. Add --replace to put the corrected file in its place, or give it another name.`,
        { cause },
      );
    }
    await drops.replace(target, bytes, (await drops.stat(target))?.etag ?? null);
    return 'replaced';
  }
}
