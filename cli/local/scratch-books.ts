import type { ShardBook } from '../../lib/book/shard-book.ts';
import { counted } from '../../lib/run/counted.ts';
import {
  type LeftOut,
  leftOutOf,
  type ScratchRequest,
  scratchBooks,
  scratchDeps,
  takeDrops,
} from '../../lib/run/scratch-ledger.ts';
import { openObjectStore, openScratchStore } from '../../lib/store/objects.ts';
import { datesBetween } from '../../lib/time.ts';
import type { CountingLine } from '../counting-line.ts';
import { makeScratchFolder } from './scratch-folder.ts';
import { UncountedRows } from './uncounted-rows.ts';

/** Files, dates and rules that a line names at most. */
const NAMED = 3;

/**
 * The book of each shard as a folder of drops tells it, without a home: the drops are read into a lake in a new folder of the
 * system's for temporary files, closed to others, and folded in memory. That folder is removed when the last book was taken, when
 * the caller takes no more, after an error, and at Ctrl-C. What was not taken of the drops is told on standard error.
 *
 * @throws what a run of these drops would throw for them
 * @throws ConfigError after the last book, when not one sale could be counted for want of exchange rates
 */
export async function* scratchBookOfShards(request: ScratchRequest, line: CountingLine): AsyncGenerator<ShardBook> {
  const folder = await makeScratchFolder('drops');
  try {
    const deps = scratchDeps(openScratchStore(folder.url), (url) => openObjectStore(url));
    const { signal } = new AbortController();
    const onBatch = (done: number, of: number) => line.show('batches of files read:', done, of);
    const ledger = await takeDrops(deps, request, { signal, onBatch });
    tell(line, [missingText(request), ...leftOutTexts(await leftOutOf(deps, ledger))]);
    const uncounted = new UncountedRows(request.config.currency);
    const books = scratchBooks(deps, ledger, {
      onNight: ({ shard, done, of }, fold) => {
        line.show(`shard ${shard + 1} of ${request.shards}, nights folded:`, done, of);
        uncounted.addNight(fold, shard);
      },
    });
    for await (const book of books) {
      uncounted.addBook(book);
      yield book;
    }
    uncounted.refuseForeign(request.dropsUrl);
    tell(line, uncounted.warnings());
  } finally {
    await folder.remove();
  }
}

function tell(line: CountingLine, texts: readonly (string | false)[]): void {
  for (const text of texts) {
    if (text === false) continue;
    line.end();
    process.stderr.write(`${text}\n`);
  }
}

/** The first of some names. */
const some = (names: readonly string[]) => `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', ...' : ''}`;

function missingText({ from, to, missing }: ScratchRequest): string | false {
  if (missing.length === 0) return false;
  const days = `${counted(missing.length, 'day')} of ${datesBetween(from, to).length}`;
  return `note: ${days} from ${from} to ${to} without a folder, taken as days without sales: ${some(missing)}.`;
}

function leftOutTexts({ refused, rows, first, remarks }: LeftOut): (string | false)[] {
  const places = some(remarks.map(({ key, reason }) => `${key} (${reason})`));
  return [
    refused > 0 && `warning: ${counted(refused, 'row')} of ${counted(rows, 'row')} refused and left out.${first}`,
    remarks.length > 0 && `note: not read: ${places}.`,
  ];
}
