import { lakeKeys } from '../../lib/keys.ts';
import { STAGES, STAGES_ZH, TIERS, TIERS_ZH } from '../../lib/lifecycle/words.ts';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import type { Kpi } from '../../lib/report/kpi.ts';
import { counted } from '../../lib/run/counted.ts';
import { readJson } from '../../lib/run/json-objects.ts';
import type { RunPlan } from '../../lib/run/plan.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { formatRange } from '../../lib/time.ts';
import type { OpenHome } from '../context.ts';
import { count, formatTable, percent } from '../table.ts';
import { expiredText, rowsText, waitingText } from './rows.ts';
import { readSegments, segmentTable } from './segments.ts';

/** The figures of a committed date. */
export function readKpi(home: OpenHome, run: Pick<RunRecord, 'generation' | 'runId'>, dt: RunPlan['to']): Promise<Kpi> {
  return readJson<Kpi>(home.deps.lake, lakeKeys.kpi({ generation: run.generation, dt, runId: run.runId }, 'json'));
}

/** What a run did, for a person: counts, stages with flows of the last date, tiers, segments. */
export async function describeNight(home: OpenHome, run: RunRecord): Promise<string> {
  const kpi = await readKpi(home, run, run.to);
  const counts = run.counts;
  const changed = counts['profilesWritten'] ?? 0;
  const erased = counts['erasedCustomers'] ?? 0;
  const share = kpi.customers === 0 ? 0 : changed / kpi.customers;
  const head = [
    `${formatRange(run.from, run.to)} ${run.from === run.to ? 'is' : 'are'} committed (${run.runId}).`,
    `  rows         ${rowsText(counts)}`,
    ...((counts['pending'] ?? 0) > 0 ? [`  in all       ${waitingText(counts)}`] : []),
    ...(expiredText(counts) === '' ? [] : [`  earlier      ${expiredText(counts)}`]),
    ...(erased > 0 ? [`  erasures     erased ${counted(erased, 'customer')}`] : []),
    `  changes      ${counted(counts['transitions'] ?? 0, 'transition')}, ${counted(counts['restatements'] ?? 0, 'restatement')}`,
    `  profiles     ${count(changed)} of ${count(kpi.customers)} written (${percent(share)})`,
  ];
  return `${head.join('\n')}\n\n${stageTable(kpi)}\n${tierLine(kpi)}\n${segmentTable(await readSegments(home.deps, run))}`;
}

/** Stages with their customers on a date, and who came and went on it. */
export function stageTable(kpi: Kpi): string {
  const flow = (test: (flow: Kpi['flows'][number]) => boolean) =>
    kpi.flows.filter(test).reduce((sum, { customers }) => sum + customers, 0);
  const rows = STAGES.map((stage) => {
    const customers = kpi.stages[stage] ?? 0;
    const share = kpi.customers === 0 ? 0 : customers / kpi.customers;
    return [
      `${stage} ${STAGES_ZH[stage]}`,
      customers,
      percent(share),
      flow(({ to }) => to === stage),
      flow(({ from }) => from === stage),
    ];
  });
  return formatTable(
    [
      { name: `stage on ${kpi.date}` },
      { name: 'customers', align: 'right' },
      { name: 'share', align: 'right' },
      { name: 'came that day', align: 'right' },
      { name: 'went', align: 'right' },
    ],
    rows,
  );
}

/** Tiers and the night's revenue in one line. */
export function tierLine(kpi: Kpi): string {
  const known = TIERS.filter((tier) => tier !== 'vip' || (kpi.tiers[tier] ?? 0) > 0);
  const tiers = known.reverse().map((tier) => `${tier} ${TIERS_ZH[tier]} ${count(kpi.tiers[tier] ?? 0)}`);
  const revenue = formatMinor(kpi.revenue_minor, currencyExponent(kpi.currency));
  return `  value tiers  ${tiers.join(', ')}\n  that night   ${counted(kpi.purchasers, 'customer')} bought, net ${revenue} ${kpi.currency}\n`;
}
