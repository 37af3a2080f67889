import { cp, link, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliContext } from '../cli/context.ts';
import { addDays, type BusinessDate } from '../lib/time.ts';
import { writeBase } from './base.ts';
import { convertCsv, type Form } from './forms.ts';
import { closeRun, finishRun, openPlanned } from './ledger-run.ts';
import { drawSales, SHOP, writeDrop, writeTransactions } from './shop.ts';
import { type PlannedRun, takeDrops } from './steps.ts';

/** Days of history, 40 weeks. */
export const HISTORY_DAYS = 280;

/** Date of the base run: a Monday in the middle of a month, since a night rewrites the month's index of transaction ids. */
export const BASE = '2026-06-08' as BusinessDate;

/** Date of day 0. */
export const START = addDays(BASE, 1 - HISTORY_DAYS);

/** What a timed child is given: its lake and its run. */
export interface Prepared extends PlannedRun {
  readonly lake: string;
  readonly bytes: number;
  readonly rows: number;
}

/** Writes a configuration and opens a home with it. */
export async function openHome(dir: string, config: Record<string, unknown>): ReturnType<typeof cliContext.openHome> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'config.json');
  await writeFile(file, JSON.stringify({ timeZone: SHOP.timeZone, currency: SHOP.currency, ...config }));
  return cliContext.openHome({ home: dir, config: file }, 'create');
}

/** The same rows in a form: its file, its size, and a run that pins it. */
export interface PreparedIngest extends Prepared {
  readonly file: string;
  /** Bytes of the file itself; `bytes` are those of the rows as CSV. */
  readonly fileBytes: number;
}

/** A file of as many rows as make a CSV of about `megabytes`, and a run that pins it: 4 shards. */
async function prepareIngest(dir: string, megabytes: number, form: Form): Promise<PreparedIngest> {
  const sales = drawSales(megabytes * 5000, HISTORY_DAYS);
  const date = BASE;
  const drops = join(dir, 'drops');
  const csv = join(dir, 'part-1.csv');
  const file = join(drops, `dt=${date}/transactions/part-1.${form}`);
  const written = await writeTransactions(csv, sales, START, { maxBytes: megabytes * 1e6 });
  await mkdir(dirname(file), { recursive: true });
  await convertCsv(csv, file, form);
  await rm(csv);
  await writeFile(join(drops, `dt=${date}/_SUCCESS`), '');
  const home = await openHome(join(dir, 'home'), { shards: 4 });
  try {
    const planned = await openPlanned(home.deps, date, date, drops);
    return { ...planned, ...written, file, fileBytes: (await stat(file)).size, lake: join(dir, 'home/lake') };
  } finally {
    await home.close();
  }
}

/** A home with a committed base run, and one run each for an ordinary night (Tuesday) and, of one shard, for the next Monday. */
async function prepareNights(dir: string, customers: number, shards: number): Promise<Record<string, Prepared>> {
  const sales = drawSales(customers, HISTORY_DAYS + 7);
  const drops = join(dir, 'drops');
  const written: { bytes: number; rows: number }[] = [];
  for (let night = 0; night <= 7; night++) written.push(await writeDrop(drops, sales, START, HISTORY_DAYS - 1 + night));
  const home = await openHome(join(dir, 'home'), { shards });
  try {
    const { deps } = home;
    const config = await home.config();
    const open = async (from: number, to: number) => openPlanned(deps, addDays(BASE, from), addDays(BASE, to), drops);
    const lake = join(dir, 'home/lake');
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
    if (shards > 1) return { ordinary };
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

/** Entry of the preparing process: `ingest DIR MEGABYTES FORM` or `nights DIR CUSTOMERS SHARDS`; writes `DIR/prepared.json`. */
async function main([what, dir = '', size, shards]: readonly string[]): Promise<void> {
  const prepared =
    what === 'ingest'
      ? await prepareIngest(dir, Number(size), shards as Form)
      : await prepareNights(dir, Number(size), Number(shards));
  await writeFile(join(dir, 'prepared.json'), JSON.stringify(prepared));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
