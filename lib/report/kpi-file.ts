import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Kpi } from './kpi.ts';

/** The figures of a date as one flat row: stages as `stage_new`, tiers as `tier_high`, flows as `flow_new_growing`. */
export function flattenKpi(kpi: Kpi): Record<string, string | number> {
  const { stages, tiers, flows, ...plain } = kpi;
  return {
    ...plain,
    ...prefixed('stage', stages),
    ...prefixed('tier', tiers),
    ...Object.fromEntries(flows.map(({ from, to, customers }) => [`flow_${from || 'none'}_${to}`, customers])),
  };
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}_${name}`, count]));
}

/** The figures of a date as a Parquet file in long form: date, currency, measure, value. */
export function encodeKpiParquet(kpi: Kpi): Uint8Array {
  const { date, currency, ...measures } = flattenKpi(kpi);
  const names = Object.keys(measures);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'date', data: names.map(() => date as string), type: 'STRING' },
      { name: 'currency', data: names.map(() => currency as string), type: 'STRING' },
      { name: 'measure', data: names, type: 'STRING' },
      { name: 'value', data: names.map((name) => BigInt(measures[name] as number)), type: 'INT64' },
    ],
  });
  return new Uint8Array(buffer);
}
