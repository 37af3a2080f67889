import { cp, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliContext } from '../cli/context.ts';
import { addDays, type BusinessDate } from '../lib/time.ts';
import { finishRun, openPlanned, type PlannedRun } from './ledger-run.ts';
import { drawSales, SHOP, writeDrop, writeTransactions } from './shop.ts';

/** First date of the shop: the history ends on Sunday 2026-05-31, so that the nights begin a month of the index. */
const START = '2025-08-25' as BusinessDate;

/** Days of history, 40 weeks. */
const HISTORY_DAYS = 280;

/** What a timed child is given: its lake and its run. */
export interface Prepared extends PlannedRun {
  readonly lake: string;
  readonly bytes: number;
  readonly rows: number;
}

/** Writes a configuration and opens a home with it. */
async function openHome(dir: string, config: Record<string, unknown>): ReturnType<typeof cliContext.openHome> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'config.json');
  await writeFile(file, JSON.stringify({ timeZone: SHOP.timeZone, currency: SHOP.currency, ...config }));
  return cliContext.openHome({ home: dir, config: file });
}

/** A file of about `megabytes` and a run that pins it: 4 shards. @returns also the file's path */
export async function prepareIngest(dir: string, megabytes: number): Promise<Prepared & { file: string }> {
  const sales = drawSales(megabytes * 5000, HISTORY_DAYS);
  const date = addDays(START, HISTORY_DAYS);
  const drops = join(dir, 'drops');
  const file = join(drops, `dt=${date}/transactions/part-1.csv`);
  const written = await writeTransactions(file, sales, START, { maxBytes: megabytes * 1e6 });
  await writeFile(join(drops, `dt=${date}/_SUCCESS`), '');
  const home = await openHome(join(dir, 'home'), { shards: 4 });
  try {
    const planned = await openPlanned(home.deps, date, date, drops);
    return { ...planned, ...written, file, lake: join(home.dir, 'lake') };
  } finally {
    await home.close();
  }
}

/**
 * A home of one shard with a committed base run, and one run each for an ordinary night and for a Monday.
 *
 * The whole history comes as one drop on a Sunday, so that the base takes one pass; the Monday after it fits the model that is in
 * force from then on. The nights' drops hold what the shop sells on their day.
 */
export async function prepareNights(dir: string, customers: number): Promise<{ ordinary: Prepared; monday: Prepared }> {
  const sales = drawSales(customers, HISTORY_DAYS + 8);
  const sunday = addDays(START, HISTORY_DAYS - 1);
  const drops = join(dir, 'drops');
  const written = [await writeDrop(drops, sunday, sales, START, [0, HISTORY_DAYS])];
  for (let night = 1; night <= 8; night++) {
    const day = HISTORY_DAYS - 1 + night;
    written.push(await writeDrop(drops, addDays(sunday, night), sales, START, [day, day + 1]));
  }
  const home = await openHome(join(dir, 'home'), { shards: 1, epochs: { minHistoryDays: 1 } });
  try {
    const { deps } = home;
    const run = async (from: number, to: number) => openPlanned(deps, addDays(sunday, from), addDays(sunday, to), drops);
    const lake = join(home.dir, 'lake');
    const keep = async (name: string, night: number): Promise<Prepared> => {
      const planned = await run(night, night);
      await copyLake(lake, join(dir, name));
      return { ...planned, ...(written[night] as { bytes: number; rows: number }), lake: join(dir, name) };
    };
    await finishRun(deps, await run(0, 1));
    const ordinary = await keep('ordinary', 2);
    await finishRun(deps, ordinary);
    await finishRun(deps, await run(3, 7));
    return { ordinary, monday: await keep('monday', 8) };
  } finally {
    await home.close();
  }
}

/** A copy of a lake for one run: write-once files, so hard links do. */
export async function copyLake(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyLake(source, target);
    else await link(source, target).catch(() => cp(source, target));
  }
}

/** Entry of the preparing process: `ingest DIR MEGABYTES` or `nights DIR CUSTOMERS`; writes `DIR/prepared.json`. */
async function main([what, dir = '', size]: readonly string[]): Promise<void> {
  const prepared = what === 'ingest' ? await prepareIngest(dir, Number(size)) : await prepareNights(dir, Number(size));
  await writeFile(join(dir, 'prepared.json'), JSON.stringify(prepared));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
