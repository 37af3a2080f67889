import { cp, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliContext } from '../cli/context.ts';
import { addDays, type BusinessDate } from '../lib/time.ts';
import { writeBase } from './base.ts';
import { closeRun, finishRun, openPlanned } from './ledger-run.ts';
import { drawSales, SHOP, writeDrop, writeTransactions } from './shop.ts';
import { type PlannedRun, takeDrops } from './steps.ts';

/** Days of history, 40 weeks. */
const HISTORY_DAYS = 280;

/** Date of the base run: a Monday in the middle of a month, since a night rewrites the month's index of transaction ids. */
const BASE = '2026-06-08' as BusinessDate;

/** Date of day 0. */
const START = addDays(BASE, 1 - HISTORY_DAYS);

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
  return cliContext.openHome({ home: dir, config: file }, 'create');
}

/** A file of about `megabytes` and a run that pins it: 4 shards. @returns also the file's path */
async function prepareIngest(dir: string, megabytes: number): Promise<Prepared & { file: string }> {
  const sales = drawSales(megabytes * 5000, HISTORY_DAYS);
  const date = BASE;
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

/** A home of one shard with a committed base run, and one run each for an ordinary night (Tuesday) and for the next Monday. */
async function prepareNights(dir: string, customers: number): Promise<{ ordinary: Prepared; monday: Prepared }> {
  const sales = drawSales(customers, HISTORY_DAYS + 7);
  const drops = join(dir, 'drops');
  const written: { bytes: number; rows: number }[] = [];
  for (let night = 0; night <= 7; night++) written.push(await writeDrop(drops, sales, START, HISTORY_DAYS - 1 + night));
  const home = await openHome(join(dir, 'home'), { shards: 1 });
  try {
    const { deps, config } = home;
    const open = async (from: number, to: number) => openPlanned(deps, addDays(BASE, from), addDays(BASE, to), drops);
    const lake = join(home.dir, 'lake');
    const keep = async (name: string, night: number): Promise<Prepared> => {
      const planned = await open(night, night);
      await copyLake(lake, join(dir, name));
      return { ...planned, ...(written[night] as { bytes: number; rows: number }), lake: join(dir, name) };
    };
    const base = await open(0, 0);
    await takeDrops(deps, base);
    await writeBase(deps, base, config, sales, { date: BASE, start: START });
    await closeRun(deps, base);
    const ordinary = await keep('ordinary', 1);
    await finishRun(deps, ordinary);
    await finishRun(deps, await open(2, 6));
    return { ordinary, monday: await keep('monday', 7) };
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
