import { compareBytes } from '../arrow/columns.ts';
import { BOOK_VERSION, CUSTOMERS } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import type { PerennialConfig } from '../config/config.ts';
import type { FeedMapping } from '../config/mapping.ts';
import { csvRanges } from '../drop/kept-records.ts';
import { MAX_ID_BYTES } from '../drop/row-rules.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { customerKey } from '../ledger/customer-key.ts';
import { shardOf } from '../ledger/id-hash.ts';
import type { ObjectStore } from '../store/objects.ts';
import { addDays, type BusinessDate, businessClock, dayOf } from '../time.ts';
import { readCommittedErasures } from './committed-erasures.ts';
import { bytesOf } from './compact/change.ts';
import type { RunDeps } from './deps.ts';
import { listDropDates } from './drop-folder.ts';
import { dropsUrlOf, nextDropsUrl, recordedDrops } from './drops-place.ts';
import { erasureSecret } from './erasure-secret.ts';
import { listsOfRuns } from './ledger-lists.ts';
import { readConfig } from './plan.ts';
import { findCurrent, type RunRecord, readRun } from './run-ledger.ts';

/** Whom to forget, and how. */
export interface ForgetRequest {
  readonly ids: readonly string[];
  /** Milliseconds since 1970-01-01T00:00Z; left out: the later of now and the end of the last committed business day. */
  readonly requestedAt?: number;
  /** Where the drops are read in place; left out: the lake. */
  readonly dropsUrl?: string;
}

/** What became of the request for one customer. */
export interface ForgottenCustomer {
  readonly id: string;
  /** `requested` now, `waiting` for the next run since an earlier request, or `erased` already. */
  readonly state: 'requested' | 'waiting' | 'erased';
  /** False when the committed run knows no such customer. */
  readonly isKnown: boolean;
}

/** What `forget` did. */
export interface Forgotten {
  readonly customers: readonly ForgottenCustomer[];
  /** Key of the drop file below the drops; '' when none had to be written. */
  readonly key: string;
  readonly dropsUrl: string;
  readonly requestedAt: string;
  /** First date of the run that will take the request. */
  readonly appliedBy: BusinessDate;
}

/**
 * Asks for the erasure of customers: a file of the `erasures` feed in the folder of the last committed date, which the next run
 * takes as a late file. Asked again it writes nothing.
 *
 * @throws UsageError when drops are read in place and `dropsUrl` is not told, or when there is no date to put the request in
 * @throws ConfigError when the mapping of the feed cannot read a file with a delimiter and ISO dates
 */
export async function forget(request: ForgetRequest, deps: RunDeps, config: PerennialConfig): Promise<Forgotten> {
  for (const id of request.ids) assertId(id);
  const current = await findCurrent(deps);
  const head = current && (await readRun(deps, current.runId));
  const drops = deps.openStore(nextDropsUrl(deps, head, request.dropsUrl, 'Forget'));
  const dt = head?.to ?? (await oldestDate(drops));
  const endOfDay = businessClock(config.timeZone).startOfDay(dayOf(dt) + 1) - 1;
  const requestedAt = request.requestedAt ?? Math.max(deps.now(), endOfDay);
  const secret = await erasureSecret(deps);
  const waiting = await waitingIds(drops, `dt=${dt}`, config.mapping.erasures, await takenKeys(deps, head));
  const customers = await Promise.all(
    [...new Set(request.ids)].map((id) => judge(id, { deps, head, waiting, requestedAt: request.requestedAt })),
  );
  const wanted = customers.filter(({ state }) => state === 'requested').map(({ id }) => id);
  const instant = new Date(requestedAt).toISOString();
  const appliedBy = head ? addDays(head.to, 1) : dt;
  const done = { customers, dropsUrl: drops.url, requestedAt: instant, appliedBy };
  if (wanted.length === 0) return { ...done, key: '' };
  const what = Buffer.from([instant, ...wanted].join('\n'));
  // Named by a keyed hash: the name outlives the content.
  const key = `dt=${dt}/erasures/forget-${customerKey(secret, what, 0, what.length).slice(0, 20)}.csv`;
  await drops.create(key, Buffer.from(erasuresText(wanted, instant, config.mapping.erasures)));
  return { ...done, key };
}

function assertId(id: string): void {
  const bytes = Buffer.byteLength(id);
  if (bytes > 0 && bytes <= MAX_ID_BYTES && !/\p{Cc}/u.test(id)) return;
  throw new UsageError(
    `Customer id: ${bytes} bytes${bytes > 0 && bytes <= MAX_ID_BYTES ? ' with a control character' : ''}, expected 1 to ${MAX_ID_BYTES} without control characters. Correct the id.`,
  );
}

async function oldestDate(drops: ObjectStore): Promise<BusinessDate> {
  const [oldest] = await listDropDates(drops);
  if (oldest) return oldest;
  throw new UsageError(
    `Forget: no run is committed and no drop lies in ${drops.url}, expected one. There is nobody to forget yet.`,
  );
}

/** Files that the committed run itself took. */
async function takenKeys(deps: RunDeps, head: RunRecord | undefined): Promise<Set<string>> {
  const lists = head ? await listsOfRuns(deps, [head]) : [];
  const keys = new Set(lists.flatMap(({ sources }) => sources.map(({ key }) => key)));
  return keys;
}

/** Ids that a former request in the same folder names, if no run took it yet, or that run was rolled back. */
async function waitingIds(
  drops: ObjectStore,
  folder: string,
  { delimiter }: FeedMapping,
  taken: ReadonlySet<string>,
): Promise<Set<string>> {
  const ids = new Set<string>();
  await eachRequest(drops, { folder, delimiter, taken }, (record) => {
    for (let at = 0; at < record.fieldCount; at++) ids.add(record.field(at));
  });
  return ids;
}

/**
 * Customers whose erasure `forget` asked for and no committed run took yet.
 *
 * @param head the committed run, into whose last folder requests are put
 */
export async function countWaiting(deps: RunDeps, head: RunRecord): Promise<number> {
  const { mapping } = await readConfig(deps, head.configSha256);
  const { columns, delimiter, header } = mapping.erasures;
  const place = !header && typeof columns['customer_id'] === 'number' ? columns['customer_id'] : 0;
  const ids = new Set<string>();
  const taken = await takenKeys(deps, head);
  const own = dropsUrlOf(deps, { dropsUrl: recordedDrops(deps, undefined) });
  for (const url of new Set([own, dropsUrlOf(deps, head)])) {
    await eachRequest(deps.openStore(url), { folder: `dt=${head.to}`, delimiter, taken }, (record, line) => {
      if (!header || line > 0) ids.add(record.field(place));
    });
  }
  return ids.size;
}

/** Where requests are looked for. */
interface RequestFolder {
  readonly folder: string;
  readonly delimiter: FeedMapping['delimiter'];
  readonly taken: ReadonlySet<string>;
}

/** Shows every line of the requests that `forget` left in a folder and no run took. */
async function eachRequest(
  drops: ObjectStore,
  { folder, delimiter, taken }: RequestFolder,
  show: (record: RequestLine, line: number) => void,
): Promise<void> {
  for await (const { key } of drops.list(`${folder}/erasures`)) {
    if (taken.has(key) || !/\/forget-[0-9a-f]+\.csv$/.test(key)) continue;
    let line = 0;
    await bytesOf(
      csvRanges(drops.stream(key), delimiter, (record) => {
        show(record, line++);
        return 'drop';
      }),
    );
  }
}

type RequestLine = Parameters<Parameters<typeof csvRanges>[2]>[0];

interface Standing {
  readonly deps: RunDeps;
  readonly head: RunRecord | undefined;
  readonly waiting: ReadonlySet<string>;
  readonly requestedAt: number | undefined;
}

async function judge(id: string, { deps, head, waiting, requestedAt }: Standing): Promise<ForgottenCustomer> {
  const isKnown = head !== undefined && (await isInBook(deps, head, Buffer.from(id)));
  if (waiting.has(id)) return { id, state: 'waiting', isKnown };
  const erasure = (await readCommittedErasures(deps)).findText(id);
  const covers = erasure && (requestedAt === undefined ? !isKnown : requestedAt <= erasure.requestedAt);
  return { id, state: covers ? 'erased' : 'requested', isKnown };
}

async function isInBook(deps: RunDeps, { generation, to, runId, configSha256 }: RunRecord, id: Uint8Array): Promise<boolean> {
  const { shards } = await readConfig(deps, configSha256);
  const key = lakeKeys.book({ generation, dt: to, runId, shard: shardOf(id, 0, id.length, shards) }, 'customers');
  const { rows, columns } = decodeTable(CUSTOMERS, await deps.lake.read(key), key, BOOK_VERSION, { only: ['customer_id'] });
  const { bytes, offsets } = columns.customer_id;
  for (let low = 0, high = rows; low < high; ) {
    const middle = (low + high) >> 1;
    const order = compareBytes(bytes, offsets[middle] as number, offsets[middle + 1] as number, id, 0, id.length);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** The file's text, as the mapping of the feed reads it. */
function erasuresText(ids: readonly string[], instant: string, mapping: FeedMapping): string {
  const { delimiter, header, dateFormats, columns } = mapping;
  if (delimiter === 'whitespace' || !dateFormats.includes('iso')) {
    throw new ConfigError(
      'Configuration mapping.erasures: no quotes or no ISO dates, expected a "delimiter" other than whitespace and iso among "dateFormats" to read what forget writes. Correct the configuration, or deliver an erasures file of your own form.',
    );
  }
  const names = ['customer_id', 'requested_at'] as const;
  const places = names.map((name, at) => {
    const source = columns[name];
    return header ? at : typeof source === 'number' ? source : at;
  });
  const record = (values: readonly string[]) => {
    const fields = Array.from({ length: Math.max(...places) + 1 }, () => '');
    for (const [at, value] of values.entries()) fields[places[at] as number] = quoted(value, delimiter);
    return `${fields.join(delimiter)}\n`;
  };
  const head = header ? record(names.map((name) => String(columns[name] ?? name))) : '';
  return head + ids.map((id) => record([id, instant])).join('');
}

function quoted(value: string, delimiter: string): string {
  return value.includes(delimiter) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
