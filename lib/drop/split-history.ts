import type { PerennialConfig } from '../config/config.ts';
import { REQUIRED_TRANSACTION_COLUMNS, type TransactionColumn, type TransactionsMapping } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { type BusinessDate, businessClock, type EpochDay, formatDay } from '../time.ts';
import { type DropFormat, GrowingBytes, planDropFormat } from './drop-writer.ts';
import { type HistoryFiles, type HistoryFormat, HistoryRows } from './history-rows.ts';
import type { QuarantinedRow } from './row-rules.ts';

/** Where dated drops are written: the part of the object store's port that is needed. */
export interface DropTarget {
  create(key: string, bytes: Uint8Array): Promise<'created' | 'same'>;
}

/** How a history is split. */
export interface SplitHistoryOptions {
  readonly history: HistoryFiles;
  /** How the history is read; the drops are written as the configuration's own mapping reads them. */
  readonly mapping: TransactionsMapping;
  readonly config: PerennialConfig;
  readonly drops: DropTarget;
  /** Takes rows that cannot be placed on a date; without it one such row refuses the whole history. */
  readonly skipBadRow?: (row: QuarantinedRow) => void;
  readonly onProgress?: (progress: SplitProgress) => void;
  /** Bytes of rows held in memory at once; the history is read once more for each such part. */
  readonly windowBytes?: number;
}

/** How far a split is. */
export interface SplitProgress {
  readonly phase: 'check' | 'write';
  readonly file: string;
  /** Rows checked so far. */
  readonly rows: number;
  /** Drops whose data are written so far. */
  readonly dates: number;
}

/** What a split did. */
export interface SplitHistoryResult {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** Dates from first to last, each with a drop. */
  readonly dates: number;
  /** Dates with rows. */
  readonly datesWithRows: number;
  readonly rows: number;
  readonly badRows: number;
  /** Drops that were there already with the same bytes. */
  readonly same: number;
}

/** 256 MiB: a history up to this size is read twice, once to check and once to write. */
const WINDOW_BYTES = 268_435_456;
const SHOWN_BAD_ROWS = 5;

interface Survey {
  /** Bytes of the rows per day, about. */
  readonly bytesOfDay: Map<EpochDay, number>;
  readonly format: DropFormat;
  readonly rows: number;
  readonly badRows: number;
}

/**
 * Splits a history into dated drops, one file per date and a marker for every date from the first to the last.
 *
 * A first pass checks every row; only when all have a date, or bad ones go to `skipBadRow`, is anything written: first all
 * data, then the markers in the order of dates. Writing again what is there changes nothing.
 *
 * @throws InvalidDropError when a row has no date (with the first five), when no row is left, or when a date already has
 * other data of a history of this name
 * @throws ConfigError when the configuration's mapping could not read what would be written
 */
export async function splitHistory(options: SplitHistoryOptions): Promise<SplitHistoryResult> {
  const { history, mapping, config } = options;
  planDropFormat(config.mapping.transactions, new Set());
  const format: HistoryFormat = {
    mapping,
    currency: config.currency,
    timeZoneClock: businessClock(config.timeZone),
    // Ids are made where they are missing; what the configuration fills by a default need not be in the drops.
    needed: REQUIRED_TRANSACTION_COLUMNS.filter(
      (name) => name !== 'transaction_id' && !config.mapping.transactions.defaults[name],
    ),
  };
  const survey = await surveyHistory(options, format);
  const days = [...survey.bytesOfDay.keys()].sort((a, b) => a - b);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) {
    throw new InvalidDropError(`History ${history.name}: no row with a date, expected at least one. Deliver the history again.`);
  }
  const name = `${history.name.replaceAll(/[^A-Za-z0-9=_-]+/g, '-') || 'history'}.csv`;
  let same = 0;
  let dates = 0;
  for (const window of windowsOf(days, survey.bytesOfDay, options.windowBytes ?? WINDOW_BYTES)) {
    const rowsOfDay = await collectRows(options, format, survey.format, window);
    for (const [day, rows] of rowsOfDay) {
      const key = `${lakeKeys.dropFolder(formatDay(day))}/transactions/${name}`;
      if ((await createDrop(options.drops, key, rows.view())) === 'same') same++;
      options.onProgress?.({ phase: 'write', file: name, rows: survey.rows, dates: ++dates });
    }
  }
  for (let day = first; day <= last; day++) {
    await options.drops.create(`${lakeKeys.dropFolder(formatDay(day))}/_SUCCESS`, new Uint8Array(0));
  }
  return {
    from: formatDay(first),
    to: formatDay(last),
    dates: last - first + 1,
    datesWithRows: days.length,
    rows: survey.rows,
    badRows: survey.badRows,
    same,
  };
}

/** The first pass: the date of every row, the columns that occur, the bytes of each date. */
async function surveyHistory(options: SplitHistoryOptions, format: HistoryFormat): Promise<Survey> {
  const { history, config, skipBadRow, onProgress } = options;
  const bytesOfDay = new Map<EpochDay, number>();
  const columns = new Set<TransactionColumn>();
  const scratch = new GrowingBytes();
  const shown: string[] = [];
  let rows = 0;
  let badRows = 0;
  for (const file of history.files) {
    const reader = new HistoryRows(file, format);
    let own: DropFormat | undefined;
    const onRow = () => {
      own ??= planDropFormat(config.mapping.transactions, reader.columns);
      scratch.length = 0;
      reader.appendTo(scratch, own);
      bytesOfDay.set(reader.day, (bytesOfDay.get(reader.day) ?? 0) + scratch.length);
      rows++;
    };
    await reader.read(onRow, (bad) => {
      badRows++;
      if (shown.length < SHOWN_BAD_ROWS) shown.push(`${bad.file}:${bad.line} ${bad.message}`);
      skipBadRow?.(bad);
    });
    for (const column of reader.columns) columns.add(column);
    onProgress?.({ phase: 'check', file: file.name, rows, dates: 0 });
  }
  if (badRows > 0 && skipBadRow === undefined) {
    throw new InvalidDropError(
      `History ${history.name}: ${badRows} of ${rows + badRows} rows cannot be placed on a date: ${shown.join('; ')}` +
        `${badRows > shown.length ? '; …' : ''}. Nothing was written. Correct the rows or the mapping, or keep them aside with --skip-bad-rows FILE.`,
    );
  }
  return { bytesOfDay, format: planDropFormat(config.mapping.transactions, columns), rows, badRows };
}

/** Runs of dates whose rows fit into memory together; a date alone may be larger. */
function windowsOf(days: readonly EpochDay[], bytesOfDay: ReadonlyMap<EpochDay, number>, windowBytes: number): Set<EpochDay>[] {
  const windows: Set<EpochDay>[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const day of days) {
    const size = bytesOfDay.get(day) as number;
    if (bytes + size > windowBytes) {
      windows.push(new Set());
      bytes = 0;
    }
    bytes += size;
    (windows.at(-1) as Set<EpochDay>).add(day);
  }
  return windows;
}

/** The rows of some dates, each date with its header, in the order of the history; dates ascending. */
async function collectRows(
  options: SplitHistoryOptions,
  format: HistoryFormat,
  dropFormat: DropFormat,
  window: ReadonlySet<EpochDay>,
): Promise<Map<EpochDay, GrowingBytes>> {
  const rowsOfDay = new Map<EpochDay, GrowingBytes>();
  for (const day of window) {
    const rows = new GrowingBytes();
    rows.append(dropFormat.header);
    rowsOfDay.set(day, rows);
  }
  for (const file of options.history.files) {
    const reader = new HistoryRows(file, format);
    const onRow = () => {
      const rows = rowsOfDay.get(reader.day);
      if (rows !== undefined) reader.appendTo(rows, dropFormat);
    };
    await reader.read(onRow, () => undefined);
  }
  return rowsOfDay;
}

async function createDrop(drops: DropTarget, key: string, bytes: Uint8Array): Promise<'created' | 'same'> {
  try {
    return await drops.create(key, bytes);
  } catch (cause) {
    if ((cause as Error).name !== 'InvariantBrokenError') throw cause;
    throw new InvalidDropError(
      `Drop ${key}: other content is there already, expected none or the same. Rename the history to add it, or choose another home.`,
      { cause },
    );
  }
}
