import { lakeKeys } from '../keys.ts';
import { type Kpi, type KpiPartial, mergeKpis } from '../report/kpi.ts';
import { encodeKpiParquet } from '../report/kpi-file.ts';
import { dayOf } from '../time.ts';
import type { Counts, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { createJson, readJson } from './json-objects.ts';
import { readConfig, readPlan } from './plan.ts';
import { datesOf, readReceipts } from './receipts.ts';
import { readRun } from './run-ledger.ts';
import { type Verdict, verdictKey } from './verify-run.ts';

/** Adds up the shards' figures of every date and writes them as JSON and Parquet; the run's report holds the last. */
export async function report(run: RunRef, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  const { currency } = await readConfig(deps, plan.configSha256);
  const byDay = new Map<number, KpiPartial[]>();
  for (const { kpis } of await readReceipts(deps, plan, 'score-shard')) {
    for (const kpi of kpis) byDay.set(kpi.day, [...(byDay.get(kpi.day) ?? []), kpi]);
  }
  const kpis: Kpi[] = datesOf(plan).map((date) => mergeKpis(date, currency, byDay.get(dayOf(date)) ?? []));
  const place = { generation: plan.generation, runId: plan.runId };
  await Promise.all(
    kpis.flatMap((kpi) => {
      const dated = { ...place, dt: kpi.date as typeof plan.to };
      return [
        createJson(deps.lake, lakeKeys.kpi(dated, 'json'), kpi),
        deps.lake.create(lakeKeys.kpi(dated, 'parquet'), encodeKpiParquet(kpi)),
      ];
    }),
  );
  const { checks } = await readJson<Verdict>(deps.lake, verdictKey(await readRun(deps, run.runId)));
  await createJson(deps.lake, lakeKeys.report(run.runId), { from: plan.from, to: plan.to, last: kpis.at(-1), checks });
  return { dates: kpis.length };
}
