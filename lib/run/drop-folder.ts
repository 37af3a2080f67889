import { DROP_MARKERS } from '../keys.ts';
import type { ObjectInfo, ObjectStore } from '../store/objects.ts';
import type { BusinessDate } from '../time.ts';

/** Forms of files that ingest reads. */
const READABLE = /\.csv(\.gz)?$/;

/** What lies in the folder of a date. */
export interface DropFolder {
  readonly dt: BusinessDate;
  /** Files of the `transactions` feed. */
  readonly transactions: readonly ObjectInfo[];
  /** Files that are not read, and why. */
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
}

/** The marker of a date, or why the date is not ready. */
export async function findMarker(drops: ObjectStore, dt: BusinessDate): Promise<{ ready: boolean; problem: string }> {
  for (const marker of DROP_MARKERS) {
    if (await drops.stat(`dt=${dt}/${marker}`)) return { ready: true, problem: '' };
  }
  let hasFiles = false;
  for await (const _ of drops.list(`dt=${dt}`)) {
    hasFiles = true;
    break;
  }
  const where = `${drops.url}/dt=${dt}`;
  return {
    ready: false,
    problem: hasFiles
      ? `Drop ${dt}: no marker in ${where}, expected _SUCCESS (an empty file) or manifest.json. Write the marker when the drop is complete.`
      : `Drop ${dt}: no folder ${where}, expected it with files and a marker _SUCCESS. Deliver the drop, with a marker alone for a quiet day.`,
  };
}

/** The files of a date's folder, in the order of their keys. */
export async function listDrop(drops: ObjectStore, dt: BusinessDate): Promise<DropFolder> {
  const transactions: ObjectInfo[] = [];
  const skipped: { key: string; reason: string }[] = [];
  for await (const info of drops.list(`dt=${dt}`)) {
    const [, feed = '', ...rest] = info.key.split('/');
    if (rest.length === 0) {
      if (!(DROP_MARKERS as readonly string[]).includes(feed)) {
        skipped.push({ key: info.key, reason: 'lies beside the feeds, expected it in transactions/' });
      }
    } else if (feed !== 'transactions') skipped.push({ key: info.key, reason: `feed ${feed} is not read by this version` });
    else if (!READABLE.test(info.key))
      skipped.push({ key: info.key, reason: 'form is not read by this version, expected .csv or .csv.gz' });
    else transactions.push(info);
  }
  return { dt, transactions, skipped };
}

/** The dates that have a folder, ascending. */
export async function listDropDates(drops: ObjectStore): Promise<BusinessDate[]> {
  const dates = new Set<string>();
  for await (const { key } of drops.list('')) {
    const match = /^dt=(\d{4}-\d{2}-\d{2})\//.exec(key);
    if (match?.[1]) dates.add(match[1]);
  }
  return [...dates].sort() as BusinessDate[];
}
