import { mergeTables, type TablePart } from '../arrow/merge-tables.ts';
import { SCORES, SCORES_VERSION, TRANSITIONS } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { UsageError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { Kpi } from '../report/kpi.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import { type BusinessDate, datesBetween } from '../time.ts';
import { readCommittedErasures } from './committed-erasures.ts';
import type { RunDeps } from './deps.ts';
import type { Calibration } from './engine/epoch-record.ts';
import { readCalibration } from './epoch-files.ts';
import { findJson } from './json-objects.ts';
import { chainOf, findCurrent, type RunRecord } from './run-ledger.ts';
import { findTransitions, shardsOf } from './transition-files.ts';

/** The committed chain, newest first. @throws UsageError when nothing is committed */
export async function committedChain(deps: RunDeps): Promise<RunRecord[]> {
  const current = await findCurrent(deps);
  if (!current) throw new UsageError('Results: no run is committed yet, expected one. Begin with `put DIR` and `run`.');
  return chainOf(deps, current.runId);
}

/** Committed dates, with the chain that covers them. */
export interface CommittedRange {
  /** Newest first. */
  readonly chain: readonly RunRecord[];
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

/**
 * @param from left out: the first committed date @param to left out: the last
 * @throws UsageError for a range that ends before it begins, and for a first or last date that is not committed
 */
export async function committedRange(
  deps: RunDeps,
  from: BusinessDate | undefined,
  to: BusinessDate | undefined,
): Promise<CommittedRange> {
  if (from && to && from > to) throw new UsageError(`Range ${from} to ${to}: ends before it begins. Exchange the dates.`);
  const chain = await committedChain(deps);
  for (const date of [from, to]) if (date) covering(chain, date);
  return { chain, from: from ?? (chain.at(-1) as RunRecord).from, to: to ?? (chain[0] as RunRecord).to };
}

/** The run of a committed chain that covers a date. @throws UsageError for a date that is not committed */
export function covering(chain: readonly RunRecord[], date: BusinessDate): RunRecord {
  const run = chain.find(({ from, to }) => from <= date && date <= to);
  if (run) return run;
  const [newest, oldest] = [chain[0] as RunRecord, chain.at(-1) as RunRecord];
  throw new UsageError(`Date ${date}: not committed, expected ${oldest.from} to ${newest.to}. Choose another date, or run it.`);
}

/**
 * The scores of a date, all shards, ordered by customer id; with the words of the columns that the spec does not fix. Customers who
 * were erased since are left out.
 */
export async function readScoresOf(
  deps: RunDeps,
  date: BusinessDate | undefined,
): Promise<TablePart<typeof SCORES> & { date: BusinessDate; currency: string; words: Record<string, readonly string[]> }> {
  const chain = await committedChain(deps);
  const wanted = date ?? (chain[0] as RunRecord).to;
  const run = covering(chain, wanted);
  const [shards, erased] = await Promise.all([shardsOf(deps, run), readCommittedErasures(deps)]);
  const tables = await Promise.all(
    shards.map(async (shard) => {
      const key = lakeKeys.result('scores', { generation: run.generation, dt: wanted, runId: run.runId, shard });
      const bytes = await deps.lake.get(key);
      if (!bytes) throw scoresNotKept(wanted, run);
      const table = decodeTable(SCORES, bytes, key, SCORES_VERSION);
      return erased.without(SCORES, table, table.columns.customer_id, wanted);
    }),
  );
  const merged = mergeTables(SCORES, tables, 'customer_id');
  // a shard without customers of an epoch has no word for it; the RFM map is the same in all
  const wordsOf = (column: string) => tables.find((table) => table.words.get(column)?.length)?.words.get(column) ?? [];
  const words = { epoch: wordsOf('epoch'), rfm_segment: wordsOf('rfm_segment') };
  return { ...merged, date: wanted, currency: tables[0]?.metadata.get('currency') ?? '', words };
}

/** What is said of a committed date inside a range whose scores were not kept. */
export const scoresNotKept = (date: BusinessDate, { from, to }: RunRecord): UsageError =>
  new UsageError(
    `Scores of ${date}: not kept, since it lies inside the range ${from} to ${to}. Ask for ${to}, or keep those of every date: \`rebuild --snapshots all\`.`,
  );

/**
 * The transitions of each committed date of a range, ordered by customer id within a date; without customers erased since.
 *
 * @throws UsageError as `committedRange`
 */
export async function* readTransitionsOf(
  deps: RunDeps,
  from: BusinessDate | undefined,
  to: BusinessDate | undefined,
): AsyncGenerator<TablePart<typeof TRANSITIONS>> {
  const range = await committedRange(deps, from, to);
  const erased = await readCommittedErasures(deps);
  for (const run of range.chain.toReversed()) {
    const shards = await shardsOf(deps, run);
    for (const dt of datesBetween(run.from, run.to)) {
      if (dt < range.from || dt > range.to) continue;
      const tables = await Promise.all(shards.map((shard) => findTransitions(deps, run, dt, shard)));
      const found = tables
        .filter((table) => table !== undefined)
        .map((table) => erased.without(TRANSITIONS, table, table.columns.customer_id, dt));
      if (found.length > 0) yield mergeTables(TRANSITIONS, found, 'customer_id');
    }
  }
}

/** Dates whose calibrations are read together: small objects, most of their time is waiting. */
const CALIBRATIONS_AT_ONCE = 16;

/** What was in force on a date, and how many customers that night restated. */
export interface CalibratedNight {
  readonly calibration: Calibration;
  /** Customers; null where the figures of the date are not kept. */
  readonly restated: number | null;
}

/** What was in force on a committed date. @param date left out: the last @throws UsageError for a date that is not committed */
export async function readCalibratedNight(deps: RunDeps, date: BusinessDate | undefined): Promise<CalibratedNight> {
  const chain = await committedChain(deps);
  const wanted = date ?? (chain[0] as RunRecord).to;
  return calibratedNight(deps, covering(chain, wanted), wanted);
}

/**
 * What was in force on each committed date of a range, ascending.
 *
 * @param from, to as of `committedRange` @param onNight told after each date that was read
 * @throws UsageError as `committedRange`
 */
export async function readCalibratedNights(
  deps: RunDeps,
  from: BusinessDate | undefined,
  to: BusinessDate | undefined,
  onNight: (done: number, of: number) => void = () => undefined,
): Promise<CalibratedNight[]> {
  const { chain, ...range } = await committedRange(deps, from, to);
  const dates = datesBetween(range.from, range.to);
  const nights: CalibratedNight[] = [];
  let done = 0;
  await eachConcurrently(dates.entries(), CALIBRATIONS_AT_ONCE, async ([place, date]) => {
    nights[place] = await calibratedNight(deps, covering(chain, date), date);
    onNight(++done, dates.length);
  });
  return nights;
}

async function calibratedNight(deps: RunDeps, { generation, runId }: RunRecord, dt: BusinessDate): Promise<CalibratedNight> {
  const [calibration, kpi] = await Promise.all([
    readCalibration(deps, generation, dt, runId),
    findJson<Pick<Kpi, 'restated'>>(deps.lake, lakeKeys.kpi({ generation, dt, runId }, 'json')),
  ]);
  return { calibration, restated: kpi?.restated ?? null };
}
