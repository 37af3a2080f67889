import { parquetWriteBuffer } from 'hyparquet-writer';
import type { DateKpi } from './date-kpi.ts';

/** One number of the figures of a date. */
interface KpiRow {
  /** The group of docs/kpis.md; '' for the figures of the night itself. */
  readonly group: string;
  readonly measure: string;
  /** Null where it is not known. */
  readonly value: number | null;
}

/** A date's figures as they are read back: an older file has the night's figures alone. */
export type StoredKpi = Pick<DateKpi, 'date' | 'currency' | 'stages' | 'tiers' | 'flows'> & Readonly<Record<string, unknown>>;

/** What is no figure. */
const NAMES = new Set(['date', 'currency', 'schemaVersion']);

/** Groups whose measures begin with a shorter name of their own. */
const NIGHT_GROUPS = { stages: 'stage', tiers: 'tier' } as const;

/**
 * The figures of a date as rows: stages as `stage_new`, tiers as `tier_high`, flows as `flow_new_growing`, and of each group what its
 * names make together (`growth`, `last_28_days_rate`); cohorts as `cohort_2025-01_active`; what is true is 1, what is not 0. Texts are left out.
 */
export function kpiRows(kpi: StoredKpi): KpiRow[] {
  return Object.entries(kpi).flatMap(([name, value]): KpiRow[] => {
    if (NAMES.has(name)) return [];
    if (name === 'flows') {
      return kpi.flows.map(({ from, to, customers }) => ({
        group: '',
        measure: `flow_${from || 'none'}_${to}`,
        value: customers,
      }));
    }
    if (name === 'stages' || name === 'tiers') return rowsOf('', [NIGHT_GROUPS[name]], value);
    return typeof value === 'number' ? [{ group: '', measure: name, value }] : rowsOf(name, [], value);
  });
}

function rowsOf(group: string, names: readonly string[], value: unknown): KpiRow[] {
  if (value === null || typeof value === 'number') return [{ group, measure: names.join('_'), value }];
  if (typeof value === 'boolean') return [{ group, measure: names.join('_'), value: Number(value) }];
  if (Array.isArray(value)) return names.at(-1) === 'cohorts' ? cohortRows(group, value) : [];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, part]) => rowsOf(group, [...names, name], part));
}

function cohortRows(group: string, cohorts: readonly { readonly month: string }[]): KpiRow[] {
  return cohorts.flatMap(({ month, ...numbers }) => rowsOf(group, [`cohort_${month}`], numbers));
}

/** The figures of a date as a Parquet file in long form: date, currency, measure, value, group. */
export function encodeKpiParquet(kpi: StoredKpi): Uint8Array {
  const rows = kpiRows(kpi);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'date', data: rows.map(() => kpi.date), type: 'STRING' },
      { name: 'currency', data: rows.map(() => kpi.currency), type: 'STRING' },
      { name: 'measure', data: rows.map(({ measure }) => measure), type: 'STRING' },
      { name: 'value', data: rows.map(({ value }) => value), type: 'DOUBLE' },
      { name: 'group', data: rows.map(({ group }) => group), type: 'STRING' },
    ],
  });
  return new Uint8Array(buffer);
}
