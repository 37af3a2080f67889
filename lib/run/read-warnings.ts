import { byteColumnOf, type Columns, NO_CODE, type TableSpec, textAt } from '../arrow/columns.ts';
import type { TablePart } from '../arrow/merge-tables.ts';
import { SCORES, SCORES_VERSION, STATE, STATE_VERSION } from '../arrow/schemas.ts';
import { selectRows } from '../arrow/select-rows.ts';
import { decodeTable } from '../arrow/table-file.ts';
import type { ShardBook } from '../book/shard-book.ts';
import { ContractMismatchError, UsageError } from '../errors.ts';
import { lakeKeys, type ShardPlace } from '../keys.ts';
import { LEVEL } from '../lifecycle/warning-columns.ts';
import type { WarningPoints } from '../lifecycle/warning-points.ts';
import { SIGNALS, STAGES, WARNING_LEVELS } from '../lifecycle/words.ts';
import { type BusinessDate, dayOf, formatDay } from '../time.ts';
import { readCommittedErasures } from './committed-erasures.ts';
import type { RunDeps } from './deps.ts';
import { scheduleOf } from './engine/epoch-record.ts';
import { WarningSignals } from './engine/warning-signals.ts';
import { readCalibration, readEpochBook } from './epoch-files.ts';
import { knownBooks } from './known-books.ts';
import { missingSignals } from './missing-signals.ts';
import { committedChain, covering } from './read-results.ts';
import type { RunRecord } from './run-ledger.ts';
import { readMembers } from './score-files.ts';

/** The list of warned customers (docs/data-contract.md, Warnings): made when it is asked for, of no stored file. */
export const WARNINGS = {
  customer_id: { kind: 'utf8' },
  as_of: { kind: 'date' },
  level: { kind: 'code', words: WARNING_LEVELS },
  since: { kind: 'date' },
  points: { kind: 'uint8' },
  inactivity: { kind: 'uint8' },
  slowing: { kind: 'uint8' },
  complaints: { kind: 'uint8' },
  reviews: { kind: 'uint8' },
  refunds: { kind: 'uint8' },
  value_at_risk_minor: { kind: 'int64', nullable: true },
  signals: { kind: 'code', words: SIGNALS },
  stage: { kind: 'code', words: STAGES },
  last_purchase_on: { kind: 'date' },
  episode_id: { kind: 'utf8' },
  alerted_on: { kind: 'date' },
  held_out_of: { kind: 'utf8' },
} as const satisfies TableSpec;
/** Version of `WARNINGS`. */
export const WARNINGS_VERSION = 1;

/** What is read of scores and state: most of their columns say nothing of warnings. */
const OF_SCORES = [
  'customer_id',
  'as_of',
  'last_purchase_on',
  'stage',
  'warning_level',
  'warning_points',
  'value_at_risk_minor',
  'signals',
] as const;
const OF_STATE = ['warning_since', 'episode_on', 'alerted_on'] as const;

type Row = Record<keyof typeof WARNINGS, string | number>;

/** The warned customers of a date. */
export interface WarnedCustomers extends TablePart<typeof WARNINGS> {
  readonly date: BusinessDate;
  readonly currency: string;
  /** What no warning of the date could count. */
  readonly missing: ReturnType<typeof missingSignals>;
}

/**
 * The customers at a level of the early warning on a committed date, highest value at risk first, those without one last. Customers
 * who were erased since are left out.
 *
 * @param date left out: the last committed one @param onlyAlerts those alone for whom the date gave an alert
 * @param onShard told after each shard
 * @throws UsageError for a date that is not committed, or whose state is not kept
 * Cost: scores, state and book of every shard, one shard after another.
 */
export async function readWarningsOf(
  deps: RunDeps,
  { date, onlyAlerts }: { readonly date: BusinessDate | undefined; readonly onlyAlerts: boolean },
  onShard: (done: number, of: number) => void = () => undefined,
): Promise<WarnedCustomers> {
  const chain = await committedChain(deps);
  const wanted = date ?? (chain[0] as RunRecord).to;
  const run = covering(chain, wanted);
  if (wanted !== run.to)
    throw new UsageError(notKept(wanted, `it lies inside the range ${run.from} to ${run.to}`, `Ask for ${run.to}`));
  const { config, books } = await knownBooks(deps, wanted);
  const erased = await readCommittedErasures(deps);
  const calibration = await readCalibration(deps, run.generation, wanted, run.runId);
  const { rhythm } = scheduleOf(await readEpochBook(deps, run.generation, run.runId), config).at(dayOf(wanted));
  const night = {
    day: dayOf(wanted),
    rules: config.warning,
    medianGapDays: calibration.epoch?.medianGapDays ?? null,
  };
  const rows: Row[] = [];
  let shard = 0;
  for await (const book of books()) {
    const place = { generation: run.generation, dt: wanted, runId: run.runId, shard: shard++ };
    const { scores, state } = await readShard(deps, place);
    const heldOutOf = await readHeldOut(deps, place);
    const signals = new WarningSignals(book, night);
    for (let row = 0; row < scores.rows; row++) {
      const level = scores.columns.warning_level[row] as number;
      if (level === NO_CODE || level === LEVEL.none) continue;
      if (onlyAlerts && state.alerted_on[row] !== night.day) continue;
      if ((erased.findRow(scores.columns.customer_id, row)?.knownOn ?? night.day) > night.day) continue;
      const found = signals.pointsUnder(rhythm, slotOf(book, scores.columns, row));
      rows.push({ ...warnedRow({ scores: scores.columns, state, row }, found), held_out_of: heldOutOf(row) });
    }
    onShard(shard, config.shards);
  }
  return { ...tableOf(rows), date: wanted, currency: config.currency, missing: missingSignals(calibration) };
}

const notKept = (date: BusinessDate, why: string, next: string) =>
  `Warnings of ${date}: not kept, since ${why}; expected the last date of a run, for which levels and episodes are kept. ${next}.`;

/** Scores and state of a shard, row for row. */
async function readShard(deps: RunDeps, place: ShardPlace) {
  const [scoresKey, stateKey] = [lakeKeys.result('scores', place), lakeKeys.result('state', place)];
  const [scores, state] = await Promise.all([deps.lake.get(scoresKey), deps.lake.get(stateKey)]);
  if (!scores || !state) {
    throw new UsageError(
      `Warnings of ${place.dt}: file ${scores ? stateKey : scoresKey} is not kept, expected scores and state of the date. Ask for a later date: \`compact\` deletes the state of earlier runs that hold an erased customer.`,
    );
  }
  const decoded = decodeTable(SCORES, scores, scoresKey, SCORES_VERSION, { only: OF_SCORES });
  const { rows, columns } = decodeTable(STATE, state, stateKey, STATE_VERSION, { only: OF_STATE });
  if (decoded.metadata.get('schemaVersion') === '1') {
    throw new UsageError(
      `Warnings of ${place.dt}: computed by a version without early warning, expected a date of this one. Run the next night, or rebuild.`,
    );
  }
  if (rows !== decoded.rows) {
    throw new ContractMismatchError(
      `File ${stateKey}: ${rows} rows, expected the ${decoded.rows} of the scores beside it. Restore it, or run compact again where one was interrupted.`,
    );
  }
  return { scores: decoded, state: columns };
}

/** Ids of the segments that the customer of a row is held out of, separated by blanks; row i of the membership is row i of the scores. */
async function readHeldOut(deps: RunDeps, place: ShardPlace): Promise<(row: number) => string> {
  const { heldOut, segments } = await readMembers(deps, place);
  return (row) => segments.filter((_, i) => (((heldOut[row] as number) >>> i) & 1) === 1).join(' ');
}

function slotOf(book: ShardBook, { customer_id }: Columns<typeof SCORES>, row: number): number {
  const { bytes, offsets } = customer_id;
  return book.findSlot(bytes, offsets[row] as number, offsets[row + 1] as number);
}

interface Place {
  readonly scores: Columns<typeof SCORES>;
  readonly state: Columns<typeof STATE>;
  readonly row: number;
}

function warnedRow({ scores, state, row }: Place, points: WarningPoints): Omit<Row, 'held_out_of'> {
  const customer = textAt(scores.customer_id, row);
  return {
    customer_id: customer,
    as_of: scores.as_of[row] as number,
    level: scores.warning_level[row] as number,
    since: state.warning_since[row] as number,
    points: scores.warning_points[row] as number,
    ...points,
    value_at_risk_minor: scores.value_at_risk_minor[row] as number,
    signals: scores.signals[row] as number,
    stage: scores.stage[row] as number,
    last_purchase_on: scores.last_purchase_on[row] as number,
    episode_id: `${customer}@${formatDay(state.episode_on[row] as number)}`,
    alerted_on: state.alerted_on[row] as number,
  };
}

/** Rows as columns, in their order of urgency. */
function tableOf(rows: readonly Row[]): TablePart<typeof WARNINGS> {
  const columns = Object.fromEntries(
    Object.entries(WARNINGS).map(([name, { kind }]) => {
      const values = rows.map((row) => row[name as keyof Row]);
      if (kind === 'utf8') return [name, byteColumnOf(values as string[])];
      const numbers = values as number[];
      if (kind === 'int64') return [name, Float64Array.from(numbers)];
      return [name, kind === 'date' ? Int32Array.from(numbers) : Uint8Array.from(numbers)];
    }),
  ) as unknown as Columns<typeof WARNINGS>;
  const risk = ({ value_at_risk_minor: value }: Row) => (Number.isNaN(value) ? -1 : (value as number));
  const order = rows
    .map((_, row) => row)
    .sort((i, j) => {
      const [a, b] = [rows[i] as Row, rows[j] as Row];
      const byWorth =
        risk(b) - risk(a) || (b.level as number) - (a.level as number) || (b.points as number) - (a.points as number);
      // the ids' bytes, so that shards do not matter
      return byWorth || Buffer.compare(Buffer.from(a.customer_id as string), Buffer.from(b.customer_id as string));
    });
  return selectRows(WARNINGS, columns, order);
}
