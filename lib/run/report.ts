import { lakeKeys } from '../keys.ts';
import type { DateKpi } from '../report/date-kpi.ts';
import { encodeKpiParquet } from '../report/kpi-file.ts';
import { playsReport } from '../report/plays-report.ts';
import type { Counts, RunRef } from './contracts.ts';
import { makeDateKpis } from './date-kpis.ts';
import type { RunDeps } from './deps.ts';
import { createJson, readJson } from './json-objects.ts';
import { readConfig, readPlan } from './plan.ts';
import { readRun } from './run-ledger.ts';
import { type Verdict, verdictKey } from './verify-run.ts';

/** Adds up the shards' figures of every date and writes them as JSON and Parquet; the run's report holds the last. */
export async function report(run: RunRef, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  const { currency, plays } = await readConfig(deps, plan.configSha256);
  const kpis: DateKpi[] = await makeDateKpis(deps, plan, currency);
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
  const last = kpis.at(-1);
  await createJson(deps.lake, lakeKeys.report(run.runId), {
    from: plan.from,
    to: plan.to,
    last,
    plays: playsReport({
      stages: last?.stages ?? {},
      warnings: last?.warnings.customers ?? {},
      longGoneDays: plays.longGoneDays,
    }),
    checks,
  });
  return { dates: kpis.length };
}
