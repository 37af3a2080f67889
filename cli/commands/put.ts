import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import { DROP_MARKERS, lakeKeys } from '../../lib/keys.ts';
import { openObjectStore } from '../../lib/store/objects.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { withHome } from '../options.ts';
import { count } from '../table.ts';

const HELP = `
DIR holds one folder per business date: dt=2025-08-08/transactions/*.csv (or .csv.gz) and a marker dt=2025-08-08/_SUCCESS.
Files are copied first and markers last, so a run never sees half a drop. Putting the same drops again changes nothing.

Example:
  npm run -s perennial -- put drops/
`;

/** Adds `put DIR`. */
export function registerPut(program: Command, context: CliContext): void {
  withHome(program.command('put'))
    .summary('copy drops into the lake')
    .description('Copies dated drops into the lake of the home.')
    .argument('<dir>', 'folder of drops')
    .addHelpText('after', HELP)
    .action(async (dir: string, options: HomeOptions) => {
      const source = openObjectStore(pathToFileURL(resolve(dir)).href);
      const { drops } = await context.openDrops(options);
      const keys: string[] = [];
      for await (const { key } of source.list('')) if (/^dt=\d{4}-\d{2}-\d{2}\//.test(key)) keys.push(key);
      if (keys.length === 0) {
        throw new UsageError(`Folder ${dir}: no drops, expected dt=YYYY-MM-DD/transactions/* with a marker. Correct the path.`);
      }
      const isMarker = (key: string) => (DROP_MARKERS as readonly string[]).includes(key.split('/')[1] ?? '');
      const ordered = [...keys.filter((key) => !isMarker(key)), ...keys.filter(isMarker)];
      let copied = 0;
      for (const key of ordered) {
        const outcome = await drops.create(`${lakeKeys.dropsPrefix}/${key}`, await source.read(key));
        if (outcome === 'created') copied++;
      }
      const dates = new Set(keys.map((key) => key.split('/')[0]));
      process.stdout.write(`${count(copied)} of ${count(keys.length)} files copied, ${count(dates.size)} dates. Next: run\n`);
    });
}
