import { DROP_ENDINGS, formatOf } from '../drop/file-format.ts';
import { ContractMismatchError } from '../errors.ts';
import { DROP_MARKERS, FEEDS, type Feed } from '../keys.ts';
import type { ObjectInfo, ObjectStore } from '../store/objects.ts';
import { type BusinessDate, parseDay } from '../time.ts';
import type { Remark } from './plan.ts';

/** A file of a feed. */
export interface FeedFile {
  readonly feed: Feed;
  readonly info: ObjectInfo;
}

/** What lies in the folder of a date. */
export interface DropFolder {
  readonly dt: BusinessDate;
  /** Files of the feeds, in the order of their keys. */
  readonly files: readonly FeedFile[];
  /** Files that are not read, and why. */
  readonly skipped: readonly Remark[];
  /** True when there is a `manifest.json`. */
  readonly hasManifest: boolean;
}

const isMarker = (name: string) => (DROP_MARKERS as readonly string[]).includes(name);
const FEED_NAMES = FEEDS.join(', ');

/** The marker of a date, or why the date is not ready. */
export async function findMarker(
  drops: ObjectStore,
  dt: BusinessDate,
): Promise<{ ready: boolean; hasFiles: boolean; problem: string }> {
  for (const marker of DROP_MARKERS) {
    if (await drops.stat(`dt=${dt}/${marker}`)) return { ready: true, hasFiles: true, problem: '' };
  }
  let hasFiles = false;
  for await (const _ of drops.list(`dt=${dt}`)) {
    hasFiles = true;
    break;
  }
  const where = `${drops.url}/dt=${dt}`;
  return {
    ready: false,
    hasFiles,
    problem: hasFiles
      ? `Drop ${dt}: no marker in ${where}, expected _SUCCESS (an empty file) or manifest.json. Write the marker when the drop is complete.`
      : `Drop ${dt}: no folder ${where}, expected it with files and a marker _SUCCESS. Deliver the drop, with a marker alone for a quiet day.`,
  };
}

/** The files of a date's folder, in the order of their keys. */
export async function listDrop(drops: ObjectStore, dt: BusinessDate): Promise<DropFolder> {
  const files: FeedFile[] = [];
  const skipped: Remark[] = [];
  let hasManifest = false;
  for await (const info of drops.list(`dt=${dt}`)) {
    const [, first = '', ...rest] = info.key.split('/');
    if (info.key === `dt=${dt}/manifest.json`) hasManifest = true;
    if (rest.length === 0 && isMarker(first)) continue;
    const feed = FEEDS.find((name) => name === first);
    const reason = whyNotRead(first, rest, feed);
    if (reason !== undefined) skipped.push({ key: info.key, reason });
    else if (feed !== undefined) files.push({ feed, info });
  }
  return { dt, files, skipped, hasManifest };
}

/** Why a file of a date's folder is not read; undefined when it is. */
function whyNotRead(first: string, rest: readonly string[], feed: Feed | undefined): string | undefined {
  if (rest.length === 0) return `lies beside the feeds, expected it in the folder of one: ${FEED_NAMES}`;
  if (feed === undefined) return `feed ${first} is unknown, expected ${FEED_NAMES}`;
  const name = rest.at(-1) as string;
  if (isMarker(name)) return 'a marker in a feed, expected it in the folder of the date';
  return formatOf(name) ? undefined : `unknown form, expected ${DROP_ENDINGS}`;
}

/** The dates that have a folder, ascending. */
export async function listDropDates(drops: ObjectStore): Promise<BusinessDate[]> {
  const dates = new Set<string>();
  for await (const { key } of drops.list('')) {
    const date = dateOfFolder(key.split('/')[0] as string);
    if (date !== undefined && key.includes('/')) dates.add(date);
  }
  return [...dates].sort() as BusinessDate[];
}

/** The feed of a file by its key below the drops, `dt=D/<feed>/...`; undefined when it lies elsewhere. */
export function feedOfKey(key: string): Feed | undefined {
  return FEEDS.find((feed) => feed === key.split('/')[1]);
}

/** The date of a folder `dt=D`; undefined for another name and for a date that does not exist. */
export function dateOfFolder(name: string): BusinessDate | undefined {
  const date = /^dt=(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1];
  return date !== undefined && parseDay(date) !== undefined ? (date as BusinessDate) : undefined;
}

/** Which dates a run looks into, and what it knows of the others. */
export interface DropsWindow {
  /** First date of which anything is taken; what lies before was left out on purpose. */
  readonly first: BusinessDate;
  /** First date whose folder the run looks into. */
  readonly lateFrom: BusinessDate;
  readonly to: BusinessDate;
  /** True for a file that a run took, or whose content one took. */
  readonly isKnown: (file: FeedFile) => Promise<boolean>;
}

/**
 * What lies elsewhere than in the folders that a run looks into: one remark per odd or early folder, one per file at the root or
 * too late. Never fails on odd names: it only reports.
 */
export async function findMisplaced(drops: ObjectStore, window: DropsWindow): Promise<Remark[]> {
  const remarks = new Map<string, string>();
  try {
    for await (const info of drops.list('')) {
      const [folder = '', ...rest] = info.key.split('/');
      if (rest.length === 0 && OF_GENERATE.includes(info.key)) continue;
      const [place, reason] = rest.length === 0 ? [info.key, AT_ROOT] : [folder, oddFolder(folder, window)];
      if (reason !== undefined) remarks.set(place, reason);
      else if (await isTooLate(info, window)) remarks.set(info.key, TOO_LATE);
    }
  } catch (error) {
    if (!(error instanceof ContractMismatchError)) throw error;
    remarks.set('.', error.message);
  }
  return [...remarks].map(([key, reason]) => ({ key, reason }));
}

/** What `generate` leaves beside its drops. */
const OF_GENERATE: readonly string[] = ['truth.csv', 'truth.json'];

const AT_ROOT = 'lies beside the dates, expected it in dt=YYYY-MM-DD/<feed>/';
const TOO_LATE =
  'came later than "lateFileDays" of the configuration allow and was not taken; put it into the folder of a newer date';

/** What is odd about a folder of the drops; undefined for the dates up to the run's last. */
function oddFolder(name: string, { to }: DropsWindow): string | undefined {
  const date = dateOfFolder(name);
  if (date !== undefined) return date > to ? `an early drop, after ${to}: the run of its date takes it` : undefined;
  if (name.startsWith('dt=')) return 'not a date that exists, expected dt=YYYY-MM-DD';
  if (/^\d{4}-\d{2}-\d{2}$/.test(name)) return `not read, expected the name dt=${name}`;
  return 'not a drop, expected dt=YYYY-MM-DD';
}

async function isTooLate(info: ObjectInfo, { first, lateFrom, isKnown }: DropsWindow): Promise<boolean> {
  const [folder = '', name = '', ...rest] = info.key.split('/');
  const date = dateOfFolder(folder) as BusinessDate;
  const feed = FEEDS.find((one) => one === name);
  if (date < first || date >= lateFrom || feed === undefined || whyNotRead(name, rest, feed) !== undefined) return false;
  return !(await isKnown({ feed, info }));
}
