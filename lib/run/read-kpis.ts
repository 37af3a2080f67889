import { byteColumnOf } from '../arrow/columns.ts';
import type { TablePart } from '../arrow/merge-tables.ts';
import type { KPI_ROWS } from '../arrow/schemas.ts';
import { lakeKeys } from '../keys.ts';
import { kpiRows, type StoredKpi } from '../report/kpi-file.ts';
import { type BusinessDate, datesBetween, dayOf } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import { committedChain, covering } from './read-results.ts';
import type { RunRecord } from './run-ledger.ts';

/**
 * The figures of each committed date of a range, ascending.
 *
 * @param from default: `to` @param to default: the last committed date
 * @throws UsageError for a date that is not committed
 */
export async function* readKpisOf(
  deps: RunDeps,
  from: BusinessDate | undefined,
  to: BusinessDate | undefined,
): AsyncGenerator<StoredKpi> {
  const chain = await committedChain(deps);
  const last = to ?? (chain[0] as RunRecord).to;
  const first = from ?? last;
  for (const date of [first, last]) covering(chain, date);
  for (const dt of datesBetween(first, last)) {
    const { generation, runId } = covering(chain, dt);
    yield await readJson<StoredKpi>(deps.lake, lakeKeys.kpi({ generation, dt, runId }, 'json'));
  }
}

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
