import { lakeKeys } from '../keys.ts';
import { ALERT_MATURES_DAYS } from '../lifecycle/warning-step.ts';
import { type DateKpi, KPI_VERSION } from '../report/date-kpi.ts';
import { TRAILING_DAYS } from '../report/shard-figures.ts';
import { type BusinessDate, dayOf, formatDay } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { findJson } from './json-objects.ts';
import type { RunPlan } from './plan.ts';
import { findRun, type RunRecord } from './run-ledger.ts';

/** Days that the figures of a date look back on. */
const LOOKED_BACK = [1, 7, TRAILING_DAYS, ALERT_MATURES_DAYS] as const;

/** Figures of dates before, by epoch day: those of earlier runs, and those of this run as they are made. */
class KpiHistory {
  readonly #known = new Map<number, DateKpi>();

  /** Takes the figures of a date. */
  add(kpi: DateKpi): void {
    this.#known.set(dayOf(kpi.date as BusinessDate), kpi);
  }

  /** Figures of `days` before a day. */
  before(day: number, days: (typeof LOOKED_BACK)[number]): DateKpi | undefined {
    return this.#known.get(day - days);
  }
}

/**
 * The figures of earlier runs that those of a run's dates look back on. What is not there, or of an older version, is left out:
 * figures that need it are null, never 0.
 */
export async function readKpiHistory(deps: RunDeps, plan: RunPlan): Promise<KpiHistory> {
  const history = new KpiHistory();
  const [from, to] = [dayOf(plan.from), dayOf(plan.to)];
  const wanted = new Set<number>();
  for (const days of LOOKED_BACK) for (let day = from - days; day < from && day <= to - days; day++) wanted.add(day);
  const oldest = Math.min(...wanted);
  const reads: Promise<DateKpi | undefined>[] = [];
  for (let runId = plan.base?.runId ?? ''; runId !== ''; ) {
    const run: RunRecord | undefined = await findRun(deps, runId);
    if (!run) break;
    for (const day of wanted) {
      if (day < dayOf(run.from) || day > dayOf(run.to)) continue;
      const place = { generation: run.generation, dt: formatDay(day), runId };
      reads.push(findJson<DateKpi>(deps.lake, lakeKeys.kpi(place, 'json')));
    }
    if (dayOf(run.from) <= oldest) break;
    runId = run.baseRunId;
  }
  for (const kpi of await Promise.all(reads)) if (kpi?.schemaVersion === KPI_VERSION) history.add(kpi);
  return history;
}
