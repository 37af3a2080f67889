import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BusinessDate, dayOf } from '../../lib/time.ts';
import { runCommand } from '../children.ts';
import type { PurchaseDays, StageChange } from './stage-history.ts';

/** A shop whose drops lie in a folder, one a date. */
export interface Shop {
  readonly drops: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

/** One shard and one list: neither shards nor segments change a stage. Everything else as it is without a configuration. */
const CONFIG = {
  shards: 1,
  segments: [{ id: 'loyal', name: { en: 'Loyal', zh: '忠诚' }, play: { en: 'Thank', zh: '致谢' }, where: { stage: ['loyal'] } }],
  destinations: [{ id: 'generic_csv' }],
};

/** Runs a command of the command line. @returns its output */
export function perennial(...args: readonly string[]): Promise<string> {
  return runCommand(process.execPath, [fileURLToPath(new URL('../../cli/main.ts', import.meta.url)), ...args]);
}

/** What a shop's nights gave, as the commands print it. */
export interface Played {
  /** What `transitions` prints. */
  readonly changes: readonly StageChange[];
  /** Baseline nights, epoch days, and what became of the fits, as `calibrations` prints it. */
  readonly baseline: ReadonlySet<number>;
  readonly fits: { readonly accepted: number; readonly refused: number; readonly refusedForMoved: number };
}

/** What is read of a date that `calibrations` prints. */
interface PrintedCalibration {
  readonly date: BusinessDate;
  readonly baseline: string | null;
  readonly candidate: { readonly date: BusinessDate; readonly accepted: boolean; readonly reasons: readonly string[] } | null;
}

/** Every night of a shop through the engine, from the first on, in a home below `dir`. */
export async function playShop(dir: string, { drops, from, to }: Shop): Promise<Played> {
  const [home, config] = [join(dir, 'home'), join(dir, 'calm.json')];
  await writeFile(config, JSON.stringify(CONFIG));
  const place = ['--home', home, '--config', config];
  await perennial('run', '--from', from, '--to', to, '--data', drops, ...place, '--quiet');
  const printed = JSON.parse(
    await perennial('calibrations', '--from', from, '--to', to, ...place, '--json'),
  ) as PrintedCalibration[];
  const fits = printed.flatMap(({ candidate, date }) => (candidate?.date === date ? [candidate] : []));
  const refused = fits.filter(({ accepted }) => !accepted);
  return {
    changes: await changesOf(join(dir, 'transitions.jsonl'), place),
    baseline: new Set(printed.filter(({ baseline }) => baseline !== null).map(({ date }) => dayOf(date))),
    fits: {
      accepted: fits.length - refused.length,
      refused: refused.length,
      refusedForMoved: refused.filter(({ reasons }) => reasons.join() === 'MOVED_TOO_MANY').length,
    },
  };
}

async function changesOf(out: string, place: readonly string[]): Promise<StageChange[]> {
  await perennial('transitions', ...place, '--format', 'jsonl', '--out', out);
  const lines = (await readFile(out, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const row = JSON.parse(line) as Record<'customer_id' | 'as_of' | 'to' | 'kind', string> & { from: string | null };
    const { customer_id: customer, as_of: asOf, from: before, to: after, kind } = row;
    return { customer, day: dayOf(asOf as BusinessDate), from: before, to: after, isRestated: kind === 'restated' };
  });
}

/** Purchase days straight from the drops of a shop: sales as CSV, plain ids, instants of its own time zone. */
export async function purchaseDaysOf({ drops, from, to }: Shop): Promise<PurchaseDays> {
  const days = new Map<string, Set<number>>();
  for (const name of (await readdir(drops)).filter((it) => it.startsWith('dt='))) {
    const folder = join(drops, name, 'transactions');
    for (const file of await readdir(folder).catch(() => [] as string[])) {
      const [head = '', ...rows] = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
      const at = (column: string) => head.split(',').indexOf(column);
      const [id, instant] = [at('customer_id'), at('occurred_at')];
      for (const row of rows.map((line) => line.split(','))) {
        const date = (row[instant] as string).slice(0, 10) as BusinessDate;
        if (date < from || date > to) continue;
        const of = days.get(row[id] as string) ?? new Set();
        days.set(row[id] as string, of.add(dayOf(date)));
      }
    }
  }
  return new Map([...days].map(([customer, set]) => [customer, [...set].sort((a, b) => a - b)]));
}
