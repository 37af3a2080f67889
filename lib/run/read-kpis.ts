import { byteColumnOf } from '../arrow/columns.ts';
import type { TablePart } from '../arrow/merge-tables.ts';
import type { KPI_ROWS } from '../arrow/schemas.ts';
import { lakeKeys } from '../keys.ts';
import { kpiRows, type StoredKpi } from '../report/kpi-file.ts';
import { type BusinessDate, datesBetween, dayOf } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import { committedChain, committedRange, covering } from './read-results.ts';
import type { RunRecord } from './run-ledger.ts';

/** The figures of a committed date. @param date left out: the last @throws UsageError for a date that is not committed */
export async function readKpiOf(deps: RunDeps, date: BusinessDate | undefined): Promise<StoredKpi> {
  const chain = await committedChain(deps);
  const wanted = date ?? (chain[0] as RunRecord).to;
  return storedKpi(deps, covering(chain, wanted), wanted);
}

/**
 * The figures of each committed date of a range, ascending.
 *
 * @param from, to as of `committedRange`
 * @throws UsageError as `committedRange`
 */
export async function* readKpisOf(
  deps: RunDeps,
  from: BusinessDate | undefined,
  to: BusinessDate | undefined,
): AsyncGenerator<StoredKpi> {
  const { chain, ...range } = await committedRange(deps, from, to);
  for (const dt of datesBetween(range.from, range.to)) yield await storedKpi(deps, covering(chain, dt), dt);
}

const storedKpi = (deps: RunDeps, { generation, runId }: RunRecord, dt: BusinessDate): Promise<StoredKpi> =>
  readJson<StoredKpi>(deps.lake, lakeKeys.kpi({ generation, dt, runId }, 'json'));

/** The figures of a date as a table, ordered as in its Parquet file. */
export function kpiTable(kpi: StoredKpi): TablePart<typeof KPI_ROWS> {
  const rows = kpiRows(kpi);
  return {
    rows: rows.length,
    columns: {
      date: new Int32Array(rows.length).fill(dayOf(kpi.date as BusinessDate)),
      currency: byteColumnOf(rows.map(() => kpi.currency)),
      measure: byteColumnOf(rows.map(({ measure }) => measure)),
      value: Float64Array.from(rows, ({ value }) => value ?? Number.NaN),
      group: byteColumnOf(rows.map(({ group }) => group)),
    },
  };
}
